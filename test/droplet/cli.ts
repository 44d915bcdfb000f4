/** The test droplet at the command line: `node test/droplet/cli.ts help`. */

import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { Droplet, type User } from "./droplet.ts";
import { allFaults } from "./faults.ts";
import type { DropletOptions } from "./parameters.ts";

const usage = `usage: node test/droplet/cli.ts <command> [--name droplet]

  up [options]     make it, or start and heal the one there is; prints how to reach it
  down [--purge]   stop it; --purge removes it with all its data
  break <fault>    produce a fault, and wait until its symptom shows
  undo <fault>     take it back
  reset            back to the healthy state, whatever was done
  probe            what it looks like now, from outside and inside
  list             the faults, each with the cause that a diagnosis should find
  ssh [user]       a shell, as root or deploy

options of up: --workers 0|2  --directory PATH  --project NAME  --compose-file FILE  --odoo-service NAME
  --db-service NAME  --database NAME  --login-shell PATH  --memory 1g  --postgres-version 15|17
  --odoo-image REFERENCE  --postgres-image REFERENCE (or ODOO_IMAGE, POSTGRES_IMAGE in the environment)`;

const text = { type: "string" } as const;
const upOptions = {
  workers: text,
  directory: text,
  project: text,
  "compose-file": text,
  "odoo-service": text,
  "db-service": text,
  database: text,
  "login-shell": text,
  memory: text,
  "postgres-version": text,
  "odoo-image": text,
  "postgres-image": text,
};
type UpValues = { readonly [key in keyof typeof upOptions]?: string | undefined };

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function main([command = "help", ...args]: string[]): Promise<void> {
  const started = performance.now();
  const options = {
    name: { ...text, default: "droplet" },
    ...(command === "up" ? upOptions : {}),
    ...(command === "down" ? { purge: { type: "boolean" } as const } : {}),
  };
  const takesOne = ["break", "undo", "ssh"].includes(command);
  const { values, positionals } = parseArgs({ args, options, allowPositionals: takesOne });
  const { name, purge, ...rest } = values as UpValues & { name: string; purge?: boolean };
  const [argument] = positionals;
  const took = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  if (positionals.length > 1) throw new Error(`${command} takes one argument; got: ${positionals.join(" ")}`);
  if ((command === "break" || command === "undo") && !argument) {
    throw new Error(`${command} needs the name of a fault; \`list\` has them`);
  }

  switch (command) {
    case "up":
      describe(await Droplet.up({ name, ...dropletOptions(rest) }, (words) => process.stderr.write(words)));
      return console.log(`ready after ${took()}`);
    case "down":
      await Droplet.down(name, { purge: purge === true });
      return console.log(`${name} is ${purge ? "gone" : "stopped"} (${took()})`);
    case "break": {
      const droplet = await Droplet.attach(name);
      const fault = await droplet.break(argument ?? "");
      await droplet.assertSymptom(fault.name);
      return console.log(`${fault.name}: ${fault.description}\nits symptom shows (${took()})`);
    }
    case "undo":
      await (await Droplet.attach(name)).undo(argument ?? "");
      return console.log(`${argument} is taken back (${took()})`);
    case "reset":
      return console.log(
        `healthy again, put back: ${await (await Droplet.attach(name)).reset()} (${took()})`,
      );
    case "probe":
      for (const [key, value] of await (await Droplet.attach(name)).observe()) console.log(`${key}=${value}`);
      return;
    case "list":
      for (const fault of allFaults()) console.log(`${fault.name.padEnd(30)} ${fault.expectedCause}`);
      return;
    case "ssh": {
      const droplet = await Droplet.attach(name);
      const ssh = spawnSync("ssh", droplet.sshArguments(userOf(argument)), { stdio: "inherit" });
      process.exitCode = ssh.status ?? 1;
      return;
    }
    case "help":
    case "--help":
      return console.log(usage);
    default:
      throw new Error(`${command} is no command of the droplet\n${usage}`);
  }
}

function userOf(argument = "root"): User {
  if (argument !== "root" && argument !== "deploy") throw new Error(`ssh as root or deploy, not ${argument}`);
  return argument;
}

function dropletOptions(given: UpValues): DropletOptions {
  const options: { -readonly [key in keyof DropletOptions]: DropletOptions[key] } = {};
  if (given.workers !== undefined) options.workers = oneOf("workers", given.workers, [0, 2]);
  if (given["postgres-version"] !== undefined) {
    options.postgresVersion = oneOf("postgres-version", given["postgres-version"], [15, 17]);
  }
  if (given.directory !== undefined) options.directory = given.directory;
  if (given.project !== undefined) options.project = given.project;
  if (given["compose-file"] !== undefined) options.composeFile = given["compose-file"];
  if (given["odoo-service"] !== undefined) options.odooService = given["odoo-service"];
  if (given["db-service"] !== undefined) options.dbService = given["db-service"];
  if (given.database !== undefined) options.database = given.database;
  if (given["login-shell"] !== undefined) options.loginShell = given["login-shell"];
  if (given.memory !== undefined) options.memory = given.memory;
  if (given["odoo-image"] !== undefined) options.odooImage = given["odoo-image"];
  if (given["postgres-image"] !== undefined) options.postgresImage = given["postgres-image"];
  return options;
}

function oneOf<T extends number>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => String(each) === value);
  if (found === undefined) throw new Error(`--${option} is ${allowed.join(" or ")}, not ${value}`);
  return found;
}

function describe(droplet: Droplet): void {
  console.log(`
the site   ${droplet.url}/web/login   (admin / admin)
ssh        ssh ${droplet.sshArguments("deploy").join(" ")}
           or root@127.0.0.1; or: node test/droplet/cli.ts ssh --name ${droplet.parameters.name}
host key   ${droplet.hostKeyFingerprint}
project    ${droplet.parameters.directory}/${droplet.parameters.composeFile}, database ${droplet.parameters.database}
`);
}
