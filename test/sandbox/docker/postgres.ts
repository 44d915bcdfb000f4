/** The psql of the sandbox's PostgreSQL: the statements that our programs send it, and what the droplet's answers. */

import { createHash } from "node:crypto";
import { type Answer, answer } from "../machine/answer.ts";
import { ASSETS } from "../site/odoo.ts";
import type { Engine } from "./engine.ts";

/** Name -> state, as after the installation of the shop's database; the first of the 500 that are not installed too. */
const MODULES: readonly (readonly [string, string])[] = [
  ["auth_totp", "installed"],
  ["base", "installed"],
  ["base_import", "installed"],
  ["odoo_referral", "installed"],
  ["sale", "uninstalled"],
  ["shop_notes", "installed"],
  ["stock", "uninstalled"],
  ["web", "installed"],
  ["web_editor", "installed"],
  ["web_kanban_gauge", "installed"],
  ["web_tour", "installed"],
];

/** A row for each stylesheet and script of the login page, which hold what the site hands out. */
const BUNDLES = [...ASSETS].map(([url, content]) => {
  const [, id, name] = /^\/web\/content\/(\d+)-\w+\/(.*)$/.exec(url) ?? [];
  const sha1 = createHash("sha1").update(content).digest("hex");
  return {
    id: Number(id),
    name,
    url,
    storedAs: `${sha1.slice(0, 2)}/${sha1}`,
    bytes: content.length,
    at: 1_714_550_000,
  };
});

/** @returns undefined for a statement that is not known */
export function psql(args: readonly string[], engine: Engine): Answer | undefined {
  const statement = args[args.indexOf("-c") + 1] ?? "";
  const database = args[args.indexOf("-d") + 1] ?? "";
  if (!engine.databaseAnswers) {
    return answer(
      "",
      'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  the database system is starting up\n',
      2,
    );
  }
  if (database !== "postgres" && database !== "odoo") {
    return answer("", `psql: error: FATAL:  database "${database}" does not exist\n`, 2);
  }
  const known = answers(statement, engine).find(([part]) => statement.includes(part));
  return known === undefined ? undefined : answer(known[1]);
}

/** A part of each statement, and what it prints. */
function answers(statement: string, engine: Engine): (readonly [string, string])[] {
  const working = engine.live.filter(({ oneOff }) => oneOff);
  const serving = engine.live.filter(({ role, oneOff }) => role === "odoo" && !oneOff);
  return [
    ["from pg_database where", statement.includes("<> 'postgres'") ? "odoo\n" : "odoo\npostgres\n"],
    ["from ir_attachment", statement.includes("json_agg") ? `${JSON.stringify(BUNDLES)}\n` : ""],
    ["copy saved from stdin", "0\n"],
    ["copy (select name, state from ir_module_module", MODULES.map((row) => `${row.join("\t")}\n`).join("")],
    [
      "from ir_module_module",
      `${JSON.stringify({ version: "14.0.1.3", installed: MODULES.filter(([, state]) => state === "installed").length, pending: [], recent: [] })}\n`,
    ],
    [
      "'sessions'",
      `${JSON.stringify({
        version: "15.20 (Debian 15.20-0+deb12u1)",
        recovering: false,
        connections: 1 + 2 * serving.length + working.length,
        most: 100,
        sessions: working.map(({ started }, index) => ({
          pid: 300 + index,
          database: "odoo",
          application: "",
          address: engine.addressOf("odoo"),
          state: "idle in transaction",
          waits: "Client",
          seconds: Math.floor((Date.now() - (started?.getTime() ?? 0)) / 1000),
          blockedBy: [],
          statement: "SELECT name, id, state FROM ir_module_module",
        })),
      })}\n`,
    ],
    ["pg_blocking_pids", "(0 rows)\n"],
    ["select 1", "1\n"],
  ];
}
