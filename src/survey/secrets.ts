/** What a survey says of secrets and of names, for the redactor, before anything of that survey is printed. */

import * as v from "valibot";
import type { ProgramResult } from "../host/host.ts";
import { holdsSecret, isSecretName } from "../redaction/names.ts";
import { parseJson } from "./raw.ts";

const EnvironmentsSchema = v.array(v.object({ Config: v.object({ Env: v.nullish(v.array(v.string())) }) }));

const ConfigEnvironmentsSchema = v.object({
  services: v.record(v.string(), v.object({ environment: v.nullish(v.record(v.string(), v.unknown())) })),
});

/**
 * `NAME = value`, of a configuration or an environment file; the value's quotes are left out. Cut by hand, since a host may
 * write a line of nothing but spaces.
 */
function assignmentIn(line: string): readonly [name: string, value: string] | undefined {
  const at = line.indexOf("=");
  if (at < 0) return undefined;
  const name = line
    .slice(0, at)
    .trim()
    .replace(/^export\s/, "")
    .trim();
  const value = line.slice(at + 1).trim();
  if (!/^[\w.-]+$/.test(name)) return undefined;
  const quote = value[0] ?? "";
  return /["']/.test(quote) && value.length > 1 && value.endsWith(quote)
    ? [name, value.slice(1, -1)]
    : [name, value];
}

/** The password in an address: `scheme://user:password@host`. */
const IN_ADDRESS = /:\/\/[^\s:/@]{0,200}:([^\s/@]{1,1000})@/;

/**
 * Each secret is looked for in every text of a run. One that makes up thousands is a host that wants to keep the action busy,
 * and no source may take the room of the others; what is beyond that is still cut by its form (redaction/forms.ts).
 */
const MOST_SECRETS = 2_000;
const MOST_OF_ONE = 200;

/**
 * Every value on the host that looks like a secret by its name: from the containers' environment, from the compose
 * configuration, from environment files and odoo.conf; and the passwords in addresses there. For the redactor, before
 * anything of this survey is printed.
 *
 * @returns `MOST_SECRETS` at most, and of one container, service or file `MOST_OF_ONE`
 */
export function secretsIn(result: ProgramResult): string[] {
  const found = new Set<string>();
  for (const assignments of sourcesIn(result)) {
    let room = MOST_OF_ONE;
    for (const secret of assignments.flatMap(secretsOf)) {
      if (found.has(secret)) continue;
      if (room === 0 || found.size === MOST_SECRETS) break;
      found.add(secret);
      room -= 1;
    }
  }
  return [...found];
}

type Assignment = readonly [name: string, value: unknown];

/** What each container, service and file sets. */
function sourcesIn({ sections }: ProgramResult): Assignment[][] {
  return sections.flatMap((section): Assignment[][] => {
    if (section.name.startsWith("probe containers ")) {
      const parsed = v.safeParse(EnvironmentsSchema, parseJson(section.uncut));
      return (parsed.success ? parsed.output : []).map(({ Config }) =>
        (Config.Env ?? []).map((assignment) => {
          const at = assignment.indexOf("=");
          return [assignment.slice(0, at), assignment.slice(at + 1)];
        }),
      );
    }
    if (section.name.startsWith("config ")) {
      const parsed = v.safeParse(ConfigEnvironmentsSchema, parseJson(section.uncut));
      return (parsed.success ? Object.values(parsed.output.services) : []).map(({ environment }) =>
        Object.entries(environment ?? {}),
      );
    }
    if (section.name.startsWith("secrets of "))
      return [
        section.text.split("\n").flatMap((line) => [assignmentIn(line)].filter((each) => each !== undefined)),
      ];
    return [];
  });
}

/** The value of a secret's name, and the password of an address. */
function secretsOf([name, value]: Assignment): string[] {
  if (typeof value !== "string" || value === "") return [];
  return [holdsSecret(name, value) ? value : undefined, IN_ADDRESS.exec(value)?.[1]].filter(
    (secret) => secret !== undefined,
  );
}

/** Names in which a name stands, and no secret: `POSTGRES_USER`, `DB_NAME`. */
const NAMES_NAME = /(?:^|_)(?:USER|USERNAME|DB|DBNAME|DATABASE|NAME|HOST)$/i;

const NamesSchema = v.array(
  v.object({
    Name: v.string(),
    Config: v.object({
      Env: v.nullish(v.array(v.string())),
      Labels: v.nullish(v.record(v.string(), v.string())),
    }),
  }),
);

/** What services, users and databases are called; somebody may have given one of them the same word for a password. */
export function namesIn(result: ProgramResult): string[] {
  const found = new Set<string>();
  for (const section of result.sections) {
    if (!section.name.startsWith("probe containers ")) continue;
    const parsed = v.safeParse(NamesSchema, parseJson(section.uncut));
    for (const { Name, Config } of parsed.success ? parsed.output : []) {
      found.add(Name.replace(/^\//, ""));
      for (const label of ["com.docker.compose.service", "com.docker.compose.project"])
        found.add(Config.Labels?.[label] ?? "");
      for (const assignment of Config.Env ?? []) {
        const at = assignment.indexOf("=");
        const name = assignment.slice(0, at);
        if (NAMES_NAME.test(name) && !isSecretName(name)) found.add(assignment.slice(at + 1));
      }
    }
  }
  return [...found].filter((name) => name !== "");
}
