/** What a droplet can be: every choice a test may make, its default, and what is not allowed. */

import { createHash } from "node:crypto";

export interface DropletOptions {
  /** Distinguishes droplets that run side by side. Default `droplet`. */
  readonly name?: string;
  /** The compose project's directory. Default `/opt/odoo-ce`. */
  readonly directory?: string;
  /** The compose project's name. Default: the directory's last part, as compose itself does. */
  readonly project?: string;
  readonly composeFile?: string;
  readonly odooService?: string;
  readonly dbService?: string;
  readonly database?: string;
  /** Odoo's `workers`: 0 is one threaded process, 2 is the prefork server with its own port for chat. */
  readonly workers?: 0 | 2;
  /** Login shell of `deploy`. Default `/bin/bash`; also there: `/usr/bin/fish`, `/bin/dash`, `/usr/bin/zsh`. */
  readonly loginShell?: string;
  /** Memory limit of the whole droplet in Docker's spelling, such as `1g`. Default: none. */
  readonly memory?: string;
  /** Images to use in place of those built from Debian's packages; pulled when they are not there. */
  readonly odooImage?: string;
  readonly postgresImage?: string;
  /** Version of the PostgreSQL built from Debian's packages. Default 15. */
  readonly postgresVersion?: 15 | 17;
}

export interface Parameters {
  readonly name: string;
  readonly directory: string;
  readonly project: string;
  readonly composeFile: string;
  readonly odooService: string;
  readonly dbService: string;
  readonly database: string;
  readonly workers: 0 | 2;
  readonly loginShell: string;
  readonly memory: string;
  readonly odooImage: string;
  readonly postgresImage: string;
  readonly postgresVersion: 15 | 17;
}

/** Fills in the defaults. @throws Error that names every choice which cannot be used */
export function parametersOf(options: DropletOptions): Parameters {
  const directory = options.directory ?? "/opt/odoo-ce";
  const parameters: Parameters = {
    name: options.name ?? "droplet",
    directory,
    project: options.project ?? directory.split("/").at(-1) ?? "",
    composeFile: options.composeFile ?? "docker-compose.prod.yml",
    odooService: options.odooService ?? "odoo",
    dbService: options.dbService ?? "db",
    database: options.database ?? "odoo",
    workers: options.workers ?? 0,
    loginShell: options.loginShell ?? "/bin/bash",
    memory: options.memory ?? "",
    odooImage: options.odooImage ?? "",
    postgresImage: options.postgresImage ?? "",
    postgresVersion: options.postgresVersion ?? 15,
  };
  const word = /^[a-z0-9][a-z0-9_-]*$/;
  const mistakes: string[] = [];
  const check = (good: boolean, text: string) => {
    if (!good) mistakes.push(text);
  };
  check(word.test(parameters.name), `name: lower-case letters, digits, - and _; not ${parameters.name}`);
  check(/^\/[^\n]+[^/\n]$/.test(directory), `directory: an absolute path; not ${directory}`);
  check(
    word.test(parameters.project),
    `project: lower-case letters, digits, - and _; not ${parameters.project}`,
  );
  check(
    /^[\w.-]+\.ya?ml$/.test(parameters.composeFile),
    `composeFile: a file name; not ${parameters.composeFile}`,
  );
  for (const service of ["odooService", "dbService"] as const) {
    check(
      /^[a-zA-Z0-9][\w.-]*$/.test(parameters[service]),
      `${service}: a service name; not ${parameters[service]}`,
    );
  }
  check(parameters.odooService !== parameters.dbService, "odooService and dbService: two different names");
  check(/^[\w][\w.-]*$/.test(parameters.database), `database: not ${parameters.database}`);
  check(parameters.workers === 0 || parameters.workers === 2, `workers: 0 or 2; not ${parameters.workers}`);
  check(parameters.loginShell.startsWith("/"), `loginShell: an absolute path; not ${parameters.loginShell}`);
  check(/^(\d+[kmg])?$/.test(parameters.memory), `memory: such as 1g or 768m; not ${parameters.memory}`);
  check(
    [15, 17].includes(parameters.postgresVersion),
    `postgresVersion: 15 or 17; not ${parameters.postgresVersion}`,
  );
  if (mistakes.length > 0) throw new Error(`no such droplet: ${mistakes.join("; ")}`);
  return parameters;
}

/** Short hash of anything that JSON can hold: what is cached is keyed by it. */
export function keyOf(...inputs: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
}
