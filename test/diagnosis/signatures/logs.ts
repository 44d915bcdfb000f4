// The real logs that prove the signatures, and surveys in which one of them stands where it belongs.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findTarget } from "../../../src/diagnosis/find-target.ts";
import { AREAS } from "../../../src/diagnosis/signatures/catalogue.ts";
import type { Signature, Where } from "../../../src/diagnosis/signatures/signature.ts";
import type { Target } from "../../../src/diagnosis/target.ts";
import { type Container, type Survey, seen, unseen } from "../../../src/survey/survey.ts";
import {
  ago,
  db,
  host,
  logged,
  NO_WISHES,
  NOW,
  odoo,
  project,
  type Shop,
  stamp,
  survey,
  UPSTREAMS,
  units,
} from "../surveys.ts";

export const SIGNATURES: readonly Signature[] = AREAS.flatMap(({ signatures }) => signatures);

export interface RealLog {
  readonly name: string;
  /** `fault: db-stopped`, `source: https://…`, `made: PostgreSQL 15.20 in a container; …` */
  readonly origin: string;
  /** Of a healthy log. */
  readonly where: Where | undefined;
  readonly text: string;
}

export function realLogs(folder: "logs" | "healthy"): RealLog[] {
  const path = join(import.meta.dirname, folder);
  return readdirSync(path).map((file) => {
    const lines = readFileSync(join(path, file), "utf8").trimEnd().split("\n");
    const head = lines.findIndex((line) => !line.startsWith("# "));
    const said = (name: string) =>
      lines
        .slice(0, head)
        .find((line) => line.startsWith(`# ${name}: `))
        ?.slice(name.length + 4);
    return {
      name: file.replace(/\.log$/, ""),
      origin: (lines[0] ?? "").slice(2),
      where: said("where") as Where | undefined,
      text: lines.slice(head).join("\n"),
    };
  });
}

/** A shop whose survey brings a text where it belongs; said just now, by its own stamps or by ours. */
export function shopSaying(where: Where, text: string): Shop {
  const lines = text.split("\n");
  switch (where) {
    case "Odoo's log":
    case "PostgreSQL's log": {
      const stamped = /^\d{4}-\d\d-\d\dT\S+Z /.test(text);
      const log = stamped ? lines.sort().join("\n") : logged(5, text);
      const at = (line = "") => Date.parse(line.split(" ")[0] ?? "");
      const [first, last] = stamped ? [at(lines[0]), at(lines.at(-1))] : [ago(60), NOW];
      const long = new Date(first - 86_400_000).toISOString();
      const started = new Date(first - 1_000).toISOString();
      const odoos = where === "Odoo's log";
      return {
        containers: [odoo({ startedAt: odoos ? started : long }), db({ startedAt: odoos ? long : started })],
        host: seen(host({ epoch: Math.ceil(last / 1000) })),
        ...(odoos ? { log } : { dbLog: log }),
      };
    }
    case "nginx's error log": {
      const stamps = lines.map(nginxTime).filter((time) => time > 0);
      return {
        host: seen(host({ epoch: Math.max(...stamps) / 1000 + 1 })),
        units: units({ nginx: { upSince: Math.min(...stamps) - 60_000 } }),
        nginxErrors: seen(`# /var/log/nginx/error.log\n${text}`),
      };
    }
    case "nginx -t":
      return {
        nginx: text.includes("test failed")
          ? seen({ valid: false, said: text, upstreams: [] })
          : seen({ valid: true, said: text, upstreams: UPSTREAMS }),
      };
    case "the kernel's log":
      return {
        history: seen({
          files: [],
          git: [],
          packages: [],
          gaveUp: [],
          kills: lines.map((what) => ({ at: ago(30), what })),
        }),
      };
    case "Docker":
      return text.startsWith("{")
        ? { containers: [odoo(stateOf(text)), db()] }
        : { projects: [project({ services: unseen(text) })] };
  }
}

function stateOf(json: string): Partial<Container> {
  const state: { Status: string; ExitCode: number; OOMKilled: boolean; Error: string } = JSON.parse(json);
  return {
    state: state.Status,
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
    restartCount: 3,
    startedAt: stamp(10),
    finishedAt: stamp(12),
  };
}

function nginxTime(line: string): number {
  const [, year, month, day, time] = /^(\d{4})[/-](\d\d)[/-](\d\d)[T ](\d\d:\d\d:\d\d)/.exec(line) ?? [];
  return time === undefined ? 0 : Date.parse(`${year}-${month}-${day}T${time}Z`);
}

/** The target of a shop, which all of these have. */
export function targetOf(look: Survey): Target {
  const search = findTarget(look, NO_WISHES);
  if (search.found !== "one") throw new Error("the shop was not found");
  return search.target;
}

export function lookAt(where: Where, text: string, more: Shop = {}): { look: Survey; target: Target } {
  const look = survey({ ...shopSaying(where, text), ...more });
  return { look, target: targetOf(look) };
}
