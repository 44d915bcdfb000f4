/**
 * What an Odoo does when it is started: what it prints, what it stumbles over, on which port it listens, when it ends.
 * Decided by the project's own files, as on the droplet, so that mending them mends it.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Surroundings {
  /** The project's directory: config/odoo.conf and addons/. */
  readonly directory: string;
  readonly args: readonly string[];
  readonly print: (text: string) => void;
  /** Rejects when the container is stopped meanwhile. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly databaseAnswers: () => boolean;
  /** Milliseconds until it listens. */
  readonly bootMs: number;
  /** The container's host name. */
  readonly host: string;
}

/** It ended with a status, or serves on a port. */
export type Started =
  | { readonly ended: true; readonly status: number }
  | { readonly ended: false; readonly port: number };

const ended = (status: number): Started => ({ ended: true, status });

/** Of the image's entrypoint, in milliseconds; of a migration of a fault's. */
const WAIT_FOR_DATABASE = 30_000;
const LONGEST_MIGRATION = 120_000;

export async function startOdoo(around: Surroundings): Promise<Started> {
  const { directory, args, print, sleep, bootMs } = around;
  for (let waited = 0; !around.databaseAnswers(); waited += 100) {
    if (waited >= WAIT_FOR_DATABASE) {
      print(
        'Database connection failure: could not translate host name "db" to address: Name or service not known',
      );
      return ended(1);
    }
    await sleep(100);
  }
  await sleep(bootMs / 3);
  const conf = readFileSync(join(directory, "config/odoo.conf"), "utf8");
  const setting = (name: string): string | undefined => new RegExp(`^${name} *= *(.*)$`, "m").exec(conf)?.[1];
  const workers = setting("workers") ?? "0";
  if (!/^\d+$/.test(workers)) {
    print(optionError("workers", workers));
    return ended(1);
  }
  print(odooLine("odoo: Odoo version 14.0"));
  print(odooLine("odoo: Using configuration file at /etc/odoo/odoo.conf"));
  print(odooLine("odoo: database: odoo@db:5432"));
  for (const addon of (setting("server_wide_modules") ?? "base,web").split(",")) {
    const file = join(directory, "addons", addon.trim(), "__init__.py");
    const words = existsSync(file) ? /sys\.exit\("(.*)"\)/.exec(readFileSync(file, "utf8"))?.[1] : undefined;
    if (words !== undefined) {
      print(words);
      return ended(1);
    }
  }
  if (args.includes("--no-http")) {
    await updateModule(around);
    print(odooLine("odoo.modules.loading: Modules loaded.", "odoo"));
    print(odooLine("odoo.service.server: Initiating shutdown"));
    return ended(0);
  }
  const port = Number(setting("http_port") ?? 8069);
  await sleep((bootMs * 2) / 3);
  print(odooLine(`odoo.service.server: HTTP service (werkzeug) running on ${around.host}:${port}`));
  return { ended: false, port };
}

/** `-u MODULE`: its migration runs until the file go-on lies beside it, as the fault's own does (update-running.sh). */
async function updateModule({ directory, args, print, sleep }: Surroundings): Promise<void> {
  const module = args[args.indexOf("-u") + 1];
  if (!args.includes("-u") || module === undefined) return;
  print(odooLine(`odoo.modules.loading: loading ${module}`, "odoo"));
  const migrations = join(directory, "addons", module, "migrations");
  const [version] = existsSync(migrations) ? readdirSync(migrations) : [];
  if (version === undefined) return;
  print(
    odooLine(
      `odoo.modules.migration: module ${module}: Running migration [>${version}] pre-migration`,
      "odoo",
    ),
  );
  for (let waited = 0; waited < LONGEST_MIGRATION; waited += 100) {
    if (existsSync(join(migrations, version, "go-on"))) return;
    await sleep(100);
  }
}

/** A line of Odoo's log, as Odoo 14 writes it. */
export function odooLine(text: string, database = "?"): string {
  const [date, time = ""] = new Date().toISOString().split("T");
  return `${date} ${time.slice(0, 12).replace(".", ",")} 1 INFO ${database} ${text}`;
}

/** As Odoo 14 under Python 3.9 falls over a setting that is no number. */
function optionError(name: string, value: string): string {
  return `Traceback (most recent call last):
  File "/usr/lib/python3.9/optparse.py", line 430, in check_builtin
    return cvt(value)
  File "/usr/lib/python3.9/optparse.py", line 420, in _parse_int
    return _parse_num(val, int)
  File "/usr/lib/python3.9/optparse.py", line 417, in _parse_num
    return type(val, radix)
ValueError: invalid literal for int() with base 10: '${value}'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/usr/bin/odoo", line 5, in <module>
    import odoo
  File "/usr/lib/python3/dist-packages/odoo/__init__.py", line 113, in <module>
    from . import modules
  File "/usr/lib/python3/dist-packages/odoo/tools/config.py", line 728, in <module>
    config = configmanager()
  File "/usr/lib/python3/dist-packages/odoo/tools/config.py", line 337, in __init__
    self._parse_config()
  File "/usr/lib/python3/dist-packages/odoo/tools/config.py", line 481, in _parse_config
    self.options[arg] = optparse.Option.TYPE_CHECKER[self.casts[arg].type](self.casts[arg], arg, self.options[arg])
  File "/usr/lib/python3.9/optparse.py", line 432, in check_builtin
    raise OptionValueError(
optparse.OptionValueError: option ${name}: invalid integer value: '${value}'`;
}

/** What the log says of a request without a database, less most of its frames. */
export function lostDatabase(): string {
  return `${odooLine("odoo.sql_db: Connection to the database failed")}
${odooLine("werkzeug: Error on request:").replace(" INFO ", " ERROR ")}
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/service/db.py", line 384, in list_dbs
    with closing(db.cursor()) as cr:
  File "/usr/lib/python3/dist-packages/psycopg2/__init__.py", line 127, in connect
    conn = _connect(dsn, connection_factory=connection_factory, **kwasync)
psycopg2.OperationalError: could not translate host name "db" to address: No address associated with hostname - - -`;
}
