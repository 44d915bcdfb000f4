/** Judges what an attack came to. All of it holds for every attack, whatever the droplet said. */

import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { parse } from "yaml";
import { CAUSES } from "../../src/diagnosis/cause.ts";
import { RISK } from "../../src/diagnosis/risk.ts";
import { complaintsOfSummary, excerpt, invisible, MARK } from "./rendered.ts";
import type { Outcome } from "./run.ts";
import { PLANTED_SECRET } from "./world.ts";

/** README.md, “Statuses”. */
const EXITS: Readonly<Record<string, number>> = {
  healthy: 0,
  planned: 0,
  recovered: 0,
  degraded: 0,
  unhealthy: 1,
  refused: 1,
  unreachable: 1,
  cancelled: 1,
  unknown: 1,
};

/** Milliseconds for which nothing else could happen: no signal, no heartbeat of the lease. */
const BLOCKED_AT_MOST = 500;
/** A runner has 7 GB or more, which the job's own services share. */
const MEMORY_AT_MOST = 1_000_000_000;

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const outputNames = Object.keys(parse(read("action.yml")).outputs);
const ajv = new Ajv2020({ strict: true, allErrors: true });
formats.default(ajv);
const reportForm = ajv.compile(JSON.parse(read("docs/report.schema.json")));

/** @returns what is wrong, a line each */
export function complaints(outcome: Outcome): string[] {
  const { attack, overdue, changed, end, blocked, memory } = outcome;
  return [
    ...(overdue ? [`it did not end in time: ${excerpt(lastLines(end.log))}`] : []),
    ...(blocked === undefined && !overdue ? ["nothing measured whether it was blocked"] : []),
    ...(blocked !== undefined && blocked > BLOCKED_AT_MOST
      ? [`the event loop was blocked for ${Math.round(blocked)} ms`]
      : []),
    ...(memory > MEMORY_AT_MOST ? [`it took ${Math.round(memory / 1e6)} MB of memory`] : []),
    ...changed.map((what) => `outside of the report directory: ${what}`),
    // What a killed run left is half.
    ...(overdue ? [] : [...verdict(outcome), ...told(outcome), ...records(outcome)]),
    ...log(outcome),
    ...files(outcome),
    ...(attack.public === true ? nothingShown(outcome) : []),
    ...(attack.expect?.(outcome) ?? []),
  ];
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-2).join(" / ");
}

function verdict({ end }: Outcome): string[] {
  const { exitCode, outputs, log } = end;
  const status = outputs.get("status") ?? "";
  const crashed = /^(?:Node\.js v\d|Uncaught |.*UnhandledPromiseRejection|file:\/\/.*:\d+$)/m.exec(log);
  const remedies = outputs.get("remedies") ?? "";
  return [
    ...(crashed ? [`it crashed: ${excerpt(log.slice(crashed.index))}`] : []),
    ...(status in EXITS
      ? EXITS[status] === exitCode
        ? []
        : [`it ended ${status} and with ${exitCode}`]
      : [`${excerpt(status)} is no status`]),
    ...((outputs.get("cause") ?? "") in CAUSES ? [] : [`${excerpt(outputs.get("cause") ?? "")} is no cause`]),
    ...remedies
      .split(",")
      .filter((name) => name !== "" && !(name in RISK))
      .map((name) => `${excerpt(name)} is no remedy`),
  ];
}

/** Outputs and summary. */
function told({ end: { outputs, summary } }: Outcome): string[] {
  return [
    ...(JSON.stringify([...outputs.keys()]) === JSON.stringify(outputNames)
      ? []
      : [`the outputs are ${[...outputs.keys()].join(", ")}`]),
    ...[...outputs].flatMap(([name, value]) => [
      ...(/[\n\t]/.test(value) ? [`output ${name} is no single line: ${excerpt(value)}`] : []),
      ...invisible(`output ${name}`, value),
    ]),
    ...complaintsOfSummary(summary),
  ];
}

/** Journal and report, for programs. */
function records({ journal, report, end }: Outcome): string[] {
  const lines = journal.split("\n").filter((line) => line !== "");
  const entries = lines.flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  const parsed = report === "" ? undefined : JSON.parse(report);
  return [
    ...(entries.length === lines.length ? [] : ["the journal has a line that is no JSON"]),
    ...(entries.filter(({ kind }) => kind === "concluded").length === 1
      ? []
      : ["the journal has not one conclusion"]),
    ...(reportForm(parsed)
      ? []
      : (reportForm.errors ?? []).map(
          ({ instancePath, message }) => `report.json: ${instancePath} ${message}`,
        )),
    ...(parsed?.status === end.outputs.get("status")
      ? []
      : ["report and outputs tell of different statuses"]),
  ];
}

/** As the runner cuts the log into lines: .NET ends one at CR, LF or both. */
const RUNNER_LINES = /\r\n|\r|\n/;
/** What @actions/core writes for us. What follows is escaped by it, so it is in the same line. */
const OUR_COMMANDS =
  /^::(?:add-mask::|debug::|(?:notice|warning|error) title=Odoo Recover%3A \w+::|warning::(?:The (?:evidence|backup) was not|Putting the host right|\S+ could not be written))/;

/** The step's log, as the runner reads it for commands (ActionCommand.cs). */
function log({ end: { log, outputs } }: Outcome): string[] {
  const lines = log.split(RUNNER_LINES);
  const commands = lines.filter((line) => /^\s*::/.test(line));
  const annotations = commands.filter((line) => /^\s*::(?:notice|warning|error) title=/.test(line));
  const masks = commands.flatMap((line) => /^::add-mask::(.*)$/.exec(line)?.[1] ?? []).map(unescaped);
  // Masks are for the runner, and never shown.
  const shown = log.replaceAll(/^::add-mask::.*$/gm, "");
  return [
    ...commands.filter((line) => !OUR_COMMANDS.test(line)).map((line) => `the log commands ${excerpt(line)}`),
    ...(annotations.length > 1 ? [`the log has ${annotations.length} annotations`] : []),
    ...commands
      .filter((line) => /^::(?:notice|warning|error)\b.*%0[AD]/.test(line))
      .map((line) => `an annotation is no single line: ${excerpt(line)}`),
    // What is a command already is not read as one of the old form as well.
    ...lines
      .filter((line) => line.includes("##[") && !OUR_COMMANDS.test(line))
      .map((line) => `the log commands ${excerpt(line)}, as runners did of old`),
    ...invisible("log", shown.replaceAll("\r\n", "\n")),
    ...["status", "cause", "remedies", "changed"].flatMap((name) => {
      const value = outputs.get(name) ?? "";
      const masked = masks.find((mask) => mask !== "" && value.includes(mask));
      return masked === undefined ? [] : [`output ${name}, ${value}, is masked by ${excerpt(masked)}`];
    }),
    ...(masks.some((mask) => mask.trim().length < 2)
      ? ["something is masked that is hardly a character"]
      : []),
  ];
}

/** What @actions/core escapes in a command's text. */
function unescaped(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}

/** Names that some system of a reader would not take, or would hide. */
const UNSAFE = /^[.-]|[^A-Za-z0-9._ -]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|^.{200}/i;

/** Every path below a folder; links are named and not followed. */
function below(folder: string, at = ""): string[] {
  return readdirSync(join(folder, at), { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    return entry.isDirectory() ? [path, ...below(folder, path)] : [path];
  });
}

/** What lies in the report directory, and what was uploaded of it. */
function files({ reportDirectory, uploaded, overdue }: Outcome): string[] {
  if (reportDirectory === "") return ["there is no report directory"];
  const found = below(reportDirectory);
  const segments = new Set(found.flatMap((path) => path.split("/")));
  const folded = found.map((path) => path.toLowerCase());
  return [
    ...[...segments]
      .filter((name) => UNSAFE.test(name))
      .slice(0, 5)
      .map((name) => `the report directory holds the name ${excerpt(name)}`),
    ...(new Set(folded).size === folded.length ? [] : ["two files of the report differ by case alone"]),
    ...(found.length > 600 ? [`the report directory holds ${found.length} files`] : []),
    ...["report.json", "summary.md", "journal.jsonl"]
      .filter((name) => !found.includes(name) && !overdue)
      .map((name) => `there is no ${name}`),
    ...found.flatMap((path) => {
      const stat = lstatSync(join(reportDirectory, path));
      return stat.isFile() && (stat.mode & 0o077) !== 0 ? [`${path} is readable by others`] : [];
    }),
    ...[...uploaded].flatMap(([name, bytes]) => [
      ...(name.split("/").some((segment) => UNSAFE.test(segment))
        ? [`the artifact holds ${excerpt(name)}`]
        : []),
      ...(bytes.includes(PLANTED_SECRET)
        ? [`the artifact's ${name} holds what a file of the home holds`]
        : []),
    ]),
  ];
}

/** In a public repository nothing of what was seen is in the log, the summary or the outputs. */
function nothingShown({ end: { log, summary, outputs } }: Outcome): string[] {
  const shown = {
    log: log.replaceAll(/^::add-mask::.*$/gm, ""),
    summary,
    outputs: [...outputs.values()].join("\n"),
  };
  return Object.entries(shown).flatMap(([where, text]) => {
    const found = MARK.exec(text);
    return found === null
      ? []
      : [`in public, the ${where} shows ${excerpt(text.slice(Math.max(0, found.index - 40)))}`];
  });
}
