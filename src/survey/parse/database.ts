/** Reads what the probe of PostgreSQL printed. */

import * as v from "valibot";
import { withoutLiterals } from "../../customer-data/sql.ts";
import { lineOf } from "../../host/text.ts";
import { linesOf, type Part, parseJson, partsOf } from "../raw.ts";
import {
  type Bundle,
  type DatabaseActivity,
  type NamedModule,
  type Observation,
  seen,
  unseen,
} from "../survey.ts";
import { atMost, Count, Pid, plausible, Seconds } from "../values.ts";

/** Of one server, one database and one module. */
const MOST_SESSIONS = 1_000;
const MOST_DATABASES = 50;
const MOST_ROWS = 5_000;

const text = v.nullish(v.string(), "");

const ActivitySchema = v.object({
  version: v.string(),
  recovering: v.boolean(),
  connections: Count,
  most: Count,
  sessions: atMost(
    MOST_SESSIONS,
    v.object({
      pid: Pid,
      database: text,
      application: text,
      address: text,
      state: text,
      waits: text,
      seconds: v.nullish(Seconds, 0),
      blockedBy: atMost(MOST_SESSIONS, Pid),
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
  installed: Count,
  pending: atMost(MOST_ROWS, v.object({ name: v.string(), state: v.string() })),
  recent: v.pipe(
    atMost(MOST_ROWS, v.object({ name: v.string(), state: v.string(), at: v.number() })),
    v.transform((rows) =>
      rows.flatMap(({ at: seconds, ...row }) => {
        const at = plausible(seconds * 1000);
        return at === undefined ? [] : [{ ...row, at }];
      }),
    ),
  ),
});

const BundlesSchema = atMost(
  MOST_ROWS,
  v.object({
    id: Count,
    name: text,
    url: text,
    storedAs: text,
    bytes: v.nullish(Count, 0),
    // 0 where the row has no time.
    at: v.pipe(
      v.nullish(v.number(), 0),
      v.transform((seconds) => plausible(seconds * 1000) ?? 0),
    ),
  }),
);

const NamedModuleSchema = v.nullable(
  v.object({
    name: v.string(),
    state: text,
    version: text,
    essential: v.boolean(),
    dependents: atMost(MOST_ROWS, v.string()),
    tables: atMost(MOST_ROWS, v.object({ name: v.string(), rows: v.nullish(Count, 0) })),
    columns: atMost(MOST_ROWS, v.string()),
  }),
);

export function parseDatabases(parts: readonly Part[]): Map<string, Observation<DatabaseActivity>> {
  return new Map([...partsOf(parts, "database")].map(([id, part]) => [id, parseDatabase(part)]));
}

/** Lines `NAME=VALUE`, of which many a value is a JSON document, and so are not cut. */
function parseDatabase({ body, uncut }: Part): Observation<DatabaseActivity> {
  const lines = linesOf(uncut);
  const after = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
  const activity = v.safeParse(ActivitySchema, parseJson(after("activity")[0] ?? ""));
  if (!activity.success) {
    if (lines.length === 0) return unseen("the container does not run");
    const [status] = after("exit");
    if (status === "124" || status === "137") return unseen("PostgreSQL gave no answer in time");
    // What it does may hold customers' data: it is not told as it came.
    if (after("activity").length > 0) return unseen("what PostgreSQL said could not be read");
    const [, error] = body.match(/^error=(.*)$/m) ?? [];
    return unseen(error?.trim() || body.trim().slice(0, 300));
  }
  const { most, ...rest } = activity.output;
  return seen({
    ...rest,
    mostConnections: most,
    odoo: after("modules")
      .slice(0, MOST_DATABASES)
      .flatMap((line) => {
        const tab = line.indexOf("\t");
        const [name, json] = tab < 0 ? [line, ""] : [line.slice(0, tab), line.slice(tab + 1)];
        const modules = v.safeParse(ModulesSchema, parseJson(json));
        if (!modules.success) return [];
        const { version, ...others } = modules.output;
        return [
          {
            ...others,
            name: lineOf(name),
            // `14.0.1.3` is base of 14.0
            odooVersion: /^\d+\.\d+/.exec(version)?.[0] ?? "",
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
  return seen(bundles.output);
}
