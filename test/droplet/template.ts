/**
 * The template: a volume for /var/lib/docker with both images loaded and a seeded database, made once for each pair of
 * images (about a minute and a half). Every droplet starts from a copy of it.
 */

import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { assignments } from "../../src/host/quote.ts";
import { cacheDirectory, withLock } from "./home.ts";
import * as machine from "./machine.ts";
import { keyOf, type Parameters, parametersOf } from "./parameters.ts";
import { must, run } from "./process.ts";
import { variables, writeProject } from "./project.ts";

const here = import.meta.dirname;
const guest = (file: string) => readFileSync(join(here, "guest", file), "utf8");

/** The name of the volume, which exists when this resolves. */
export async function templateVolume(
  parameters: Parameters,
  images: machine.Images,
  progress: machine.Progress,
): Promise<string> {
  // lib.sh is left out: it has the words in which template.sh is written, and grows with every fault
  const inputs = ["template.sh", "seed.py"].map(guest);
  const projectInputs = [
    "docker-compose.yml",
    "odoo.conf",
    "addons/shop_notes/models.py",
    "addons/shop_notes/__manifest__.py",
  ].map((file) => readFileSync(join(here, "project", file), "utf8"));
  const volume = `odoo-recover-template-${keyOf(images.dataKey, inputs, projectInputs)}`;
  const exists = async () => (await run("docker", ["volume", "inspect", volume])).code === 0;
  return await withLock(volume, async () => {
    if (await exists()) return volume;
    progress("making the template: loading images, initialising the database\n");
    const name = `${volume.slice("odoo-recover-".length)}-work`;
    const work = machine.containerName(name);
    await machine.remove(name, true);
    try {
      await build(name, work, parameters, images);
      // Only now does the volume get the name by which it is found.
      await machine.cloneVolume(images.droplet, work, volume, { "odoo-recover.images": images.dataKey });
      await machine.removeOtherVolumes(`odoo-recover.images=${images.dataKey}`, volume);
    } catch (error) {
      await run("docker", ["volume", "rm", volume]);
      throw error;
    } finally {
      await machine.remove(name, true);
    }
    return volume;
  });
}

async function build(
  name: string,
  volume: string,
  parameters: Parameters,
  images: machine.Images,
): Promise<void> {
  // Whatever the droplet will be called, the template is the plain one; `provision.sh` renames.
  const plain = parametersOf({ postgresVersion: parameters.postgresVersion });
  const values = variables(plain, images.inner, "template");
  const files = machine.privateFolder(join(cacheDirectory, "templates", name));
  try {
    writeProject(files, plain, values);
    cpSync(
      join(here, "guest/seed.py"),
      join(machine.privateFolder(join(files, "var/lib/droplet")), "seed.py"),
    );
    await machine.create(name, images.droplet, volume, await machine.freePorts(), { template: name }, "");
    await machine.boot(name);
    await machine.loadImages(name, images);
    await machine.sendFiles(name, files);
    await must(
      "docker",
      ["exec", "-i", volume, "bash", "-c", "cat >/run/template.sh && exec bash /run/template.sh </dev/null"],
      { stdin: `${assignments(values)}${guest("lib.sh")}${guest("template.sh")}`, timeoutSeconds: 600 },
    );
    await must("docker", ["stop", volume]);
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}
