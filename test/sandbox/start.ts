/**
 * `npm start`: breaks a droplet that lives in this process only, and has the bundled action recover it as GitHub's runner
 * would. `npm start -- --help` tells the rest.
 */

import { parseArgs, styleText } from "node:util";
import { Action, type StepEnd } from "../support/action.ts";
import { PACE, Sandbox } from "./sandbox.ts";
import { DEFAULT_SCENARIO, SCENARIOS } from "./scenarios/index.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { forTerminal } from "./terminal.ts";

const names = [...SCENARIOS.keys()];
const list = [...SCENARIOS].map(([name, { what }]) => `  ${name.padEnd(26)}${what}`).join("\n");
const usage = `usage: npm start [-- <scenario>]

Breaks a droplet that lives in this process only (no Docker, nothing of this machine is touched), runs the action from
dist/ on it as GitHub's runner would, and shows what curl saw before and after, and the job summary.

  npm start                  the scenario ${DEFAULT_SCENARIO}
  npm start -- <scenario>    another one
  npm start -- --list        the scenarios
  npm start -- --help        this

scenarios:
${list}`;

const heading = (text: string): void => console.log(`\n${styleText("bold", `── ${text}`)}`);

/** What must be ended, newest last, however this ends. */
const toEnd: (() => Promise<void> | void)[] = [];

async function endAll(): Promise<void> {
  for (const end of toEnd.splice(0).reverse()) await end();
}

let stopped = false;
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.once(signal, () => {
    stopped = true;
    void endAll().finally(() => process.exit(code));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // What breaks because everything is being ended is no news.
  if (!stopped) console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
} finally {
  await endAll();
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { list: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  if (values.list === true) {
    console.log(list);
    return 0;
  }
  const [name = DEFAULT_SCENARIO, ...more] = positionals;
  const scenario = SCENARIOS.get(name);
  if (scenario === undefined || more.length > 0) {
    const mistake = scenario === undefined ? `there is no scenario ${name}` : "one scenario at a time";
    throw new Error(`${mistake}; there are: ${names.join(", ")}`);
  }
  return await play(name, scenario);
}

/** @returns 0 when it ended as the scenario expects, as curl and the run's outputs have it; 1 otherwise */
async function play(name: string, { what, watch, hurry, expected, prepare }: Scenario): Promise<number> {
  console.log(`${styleText("bold", name)}: ${what}\nWatch: ${watch}`);
  const starting = Sandbox.start(hurry === undefined ? PACE : { ...PACE, hurry });
  toEnd.push(async () => (await starting).close());
  const sandbox = await starting;
  const { inputs, end } = await prepare(sandbox);
  if (end !== undefined) toEnd.push(end);
  heading("before");
  await show(sandbox);

  heading("the action, as the runner shows it");
  const action = new Action(sandbox.inputs(inputs));
  toEnd.push(() => action.discard());
  toEnd.push(() => action.kill("SIGKILL"));
  const step = await follow(action);
  if (!stopped) await action.post();

  heading("after");
  const outcome = await show(sandbox);

  heading("the job summary");
  console.log(`\n${forTerminal(step.summary)}\n`);
  const status = step.outputs.get("status");
  const asExpected = status === expected.status && (outcome === "200") === (expected.site === "up");
  console.log(
    asExpected
      ? `The step ended with exit code ${step.exitCode} after ${step.seconds.toFixed(1)} s: ${status}, as this scenario should.\nThe sandbox is gone, and the evidence with it. Other scenarios: npm start -- --list`
      : `This scenario should end ${expected.status} with the site ${expected.site}; it ended ${status}, and the site answers ${outcome}.`,
  );
  return asExpected ? 0 : 1;
}

async function show(sandbox: Sandbox): Promise<string> {
  const { outcome, body } = await sandbox.visit();
  const title = /<title>(.*?)<\/title>/.exec(body)?.[1];
  console.log(`$ curl ${sandbox.url}/web/login\n${outcome}${title === undefined ? "" : ` (${title})`}`);
  return outcome;
}

/** Runs the main step and prints its log as it comes, less what the runner keeps to itself. */
async function follow(action: Action): Promise<StepEnd> {
  let printed = 0;
  const print = (log: string, whole: boolean): void => {
    const end = whole ? log.length : log.lastIndexOf("\n") + 1;
    for (const line of log.slice(printed, end).split("\n")) {
      const [, level, message] = /^::(notice|warning|error)[^:]*::(.*)$/.exec(line) ?? [];
      if (level !== undefined) console.log(`${styleText("yellow", level)}: ${unescaped(message ?? "")}`);
      else if (line !== "" && !line.startsWith("::")) console.log(line);
    }
    printed = Math.max(printed, end);
  };
  action.start();
  const timer = setInterval(() => print(action.log, false), 100);
  const step = await action.main().finally(() => clearInterval(timer));
  print(step.log, true);
  return step;
}

/** A workflow command's text, in which the line ends are written out. */
function unescaped(text: string): string {
  return text.replaceAll("%0D", "").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
