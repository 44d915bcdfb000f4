/** Reads what the probe of PostgreSQL printed. */

import * as v from "valibot";
import { withoutLiterals } from "../../customer-data/sql.ts";
import { bodiesOf, linesOf, type Part, parseJson, plainText } from "../raw.ts";
import {
  type Bundle,
  type DatabaseActivity,
  type NamedModule,
  type Observation,
  seen,
  unseen,
} from "../survey.ts";

const text = v.nullish(v.string(), "");

const ActivitySchema = v.object({
  version: v.string(),
  recovering: v.boolean(),
  connections: v.number(),
  most: v.number(),
  sessions: v.array(
    v.object({
      pid: v.number(),
      database: text,
      application: text,
      address: text,
      state: text,
      waits: text,
      seconds: v.nullish(v.number(), 0),
      blockedBy: v.array(v.number()),
      // Cut after its literals are gone, of which a half would not be known as one.
      statement: v.pipe(
        text,
        v.transform((sql) => withoutLiterals(sql).sql.slice(0, 160)),
      ),
    }),
  ),
});

const ModulesSchema = v.object({
  version: text,
  installed: v.number(),
  pending: v.array(v.object({ name: v.string(), state: v.string() })),
  recent: v.array(v.object({ name: v.string(), state: v.string(), at: v.number() })),
});

const BundlesSchema = v.array(
  v.object({
    id: v.number(),
    name: text,
    url: text,
    storedAs: text,
    bytes: v.nullish(v.number(), 0),
    at: v.nullish(v.number(), 0),
  }),
);

const NamedModuleSchema = v.nullable(
  v.object({
    name: v.string(),
    state: text,
    version: text,
    essential: v.boolean(),
    dependents: v.array(v.string()),
    tables: v.array(v.object({ name: v.string(), rows: v.nullish(v.number(), 0) })),
    columns: v.array(v.string()),
  }),
);

export function parseDatabases(parts: readonly Part[]): Map<string, Observation<DatabaseActivity>> {
  return new Map([...bodiesOf(parts, "database")].map(([id, body]) => [id, parseDatabase(plainText(body))]));
}

function parseDatabase(body: string): Observation<DatabaseActivity> {
  const lines = linesOf(body);
  const after = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  const activity = v.safeParse(ActivitySchema, parseJson(after("activity")[0] ?? ""));
  if (!activity.success) {
    if (lines.length === 0) return unseen("the container does not run");
    const [status] = after("exit");
    if (status === "124" || status === "137") return unseen("PostgreSQL gave no answer in time");
    // What it does may hold customers' data: it is not told as it came.
    if (after("activity").length > 0) return unseen("what PostgreSQL said could not be read");
    return unseen(after("error")[0]?.trim() || body.trim().slice(0, 300));
  }
  const { most, ...rest } = activity.output;
  return seen({
    ...rest,
    mostConnections: most,
    odoo: after("modules").flatMap((line) => {
      const [name = "", json = ""] = line.split(/\t(.*)/s);
      const modules = v.safeParse(ModulesSchema, parseJson(json));
      if (!modules.success) return [];
      const { version, recent, ...others } = modules.output;
      return [
        {
          ...others,
          name,
          // `14.0.1.3` is base of 14.0
          odooVersion: /^\d+\.\d+/.exec(version)?.[0] ?? "",
          recent: recent.map((each) => ({ ...each, at: each.at * 1000 })),
          named: parseNamed(after("named").find((each) => each.startsWith(`${name}\t`))),
          bundles: parseBundles(after("bundles").find((each) => each.startsWith(`${name}\t`))),
        },
      ];
    }),
  });
}

function parseNamed(line: string | undefined): Observation<NamedModule | undefined> | undefined {
  if (line === undefined) return undefined;
  const named = v.safeParse(NamedModuleSchema, parseJson(line.slice(line.indexOf("\t") + 1)));
  return named.success ? seen(named.output ?? undefined) : unseen("the answer could not be read");
}

function parseBundles(line: string | undefined): Observation<readonly Bundle[]> {
  if (line === undefined) return unseen("PostgreSQL did not tell them");
  const bundles = v.safeParse(BundlesSchema, parseJson(line.slice(line.indexOf("\t") + 1)));
  if (!bundles.success) return unseen("the answer could not be read");
  return seen(bundles.output.map((each) => ({ ...each, at: each.at * 1000 })));
}
