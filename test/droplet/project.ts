/** The compose project, nginx site and parameters of one droplet, rendered from the files in `project/`. */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Parameters } from "./parameters.ts";

/** Names that the images have inside the droplet. */
export interface InnerImages {
  readonly odoo: string;
  readonly postgres: string;
}

const source = join(import.meta.dirname, "project");

/** The variables that every program on the droplet starts with. */
export function variables(
  parameters: Parameters,
  images: InnerImages,
  password: string,
): Record<string, string> {
  return {
    DIRECTORY: parameters.directory,
    PROJECT: parameters.project,
    COMPOSE_FILE: parameters.composeFile,
    ODOO_SERVICE: parameters.odooService,
    DB_SERVICE: parameters.dbService,
    DATABASE: parameters.database,
    DATABASE_USER: "odoo",
    DATABASE_PASSWORD: password,
    ODOO_IMAGE: images.odoo,
    POSTGRES_IMAGE: images.postgres,
    WORKERS: String(parameters.workers),
    LOGIN_SHELL: parameters.loginShell,
  };
}

/** Writes all files below `root`, at the paths that they have on the droplet. */
export function writeProject(root: string, parameters: Parameters, values: Record<string, string>): void {
  const directory = join(root, parameters.directory);
  mkdirSync(join(directory, "config"), { recursive: true });
  const all = { ...values, CHAT_PORT: parameters.workers === 0 ? "8069" : "8072" };
  const render = (file: string) => fill(readFileSync(join(source, file), "utf8"), all);
  // Compose names a project after its directory; `name:` is for one that is called otherwise.
  const name =
    parameters.project === parameters.directory.split("/").at(-1) ? "" : `name: ${parameters.project}\n\n`;
  writeFileSync(join(directory, parameters.composeFile), name + render("docker-compose.yml"));
  writeFileSync(join(directory, ".env"), render("env"));
  writeFileSync(join(directory, "config", "odoo.conf"), render("odoo.conf"));
  cpSync(join(source, "addons"), join(directory, "addons"), { recursive: true });
  const site = join(root, "etc/nginx/sites-available/odoo");
  mkdirSync(join(site, ".."), { recursive: true });
  writeFileSync(site, render("nginx.conf"));
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/__([A-Z]+(?:_[A-Z]+)*)__/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`project/: no value for __${name}__`);
    return value;
  });
}
