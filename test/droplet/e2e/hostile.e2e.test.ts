/**
 * Hostile values: rejected before anything is connected to, or carried harmlessly through sh, psql and Python on the
 * real droplet.
 */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../src/host/connect.ts";
import { Host } from "../../../src/host/host.ts";
import type { Program } from "../../../src/host/program.ts";
import { INPUT_DEFAULTS, type InputName, SECRET_INPUTS } from "../../../src/inputs/names.ts";
import { parseInputs } from "../../../src/inputs/parse.ts";
import { Droplet } from "../droplet.ts";
import { Action, inputsFor } from "./action.ts";
import { cases } from "./cases.ts";
import { lookFromOutside } from "./outside.ts";

const PROOF = "/run/hostile-proof";

/** Each would leave a file behind if anything read it as program text. */
const HOSTILE = [
  `'; touch ${PROOF}; '`,
  `"; touch ${PROOF}; "`,
  `$(touch ${PROOF})`,
  `\`touch ${PROOF}\``,
  `x\ntouch ${PROOF}\n`,
  `../../..${PROOF}`,
  `-o ProxyCommand=touch ${PROOF}`,
  `--help; touch ${PROOF}`,
  `'; \\! touch ${PROOF}`,
  `x' || (select pg_sleep(100)) || '`,
  `"""; __import__("os").system("touch ${PROOF}")`,
  "x".repeat(10_240),
];

let droplet: Droplet;
let host: Host;

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
  const { connection } = parseInputs(inputsFor(droplet, "root"), (path) => readFileSync(path, "utf8"));
  let count = 0;
  host = await Host.open({
    connect: () => connect(connection, { log: () => {} }),
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    nonce: () => `${process.pid}${++count}`.padStart(32, "0"),
    onConnection: () => {},
  });
});

afterAll(async () => {
  await host.close();
  await droplet.reset();
});

function program(text: string, values: Readonly<Record<string, string>>): Program {
  return {
    name: "echo",
    text,
    values,
    seconds: 60,
    repeatable: true,
    privileged: false,
    maxOutputBytes: 10_000_000,
  };
}

/** Runs a program with many values, V0, V1, …, and returns what it printed for each. */
async function echo(values: readonly string[], each: (variable: string) => string): Promise<string[]> {
  const named = Object.fromEntries(values.map((value, index) => [`V${index}`, value]));
  const text = values
    .map((_, index) => `printf '\\n%s section ${index}\\n' "$FRAME"\n${each(`V${index}`)}`)
    .join("\n");
  const result = await host.run(program(`set -eu\n${text}`, named));
  expect(result.status, result.stderr).toBe(0);
  return result.sections.map((section) => section.body.toString("utf8"));
}

/** Anything but NUL, which neither a shell variable nor a PostgreSQL text can hold. */
const anyText = fc
  .oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom(...HOSTILE))
  .map((text) => text.replaceAll("\0", "").toWellFormed());

describe("a value arrives as exactly itself", () => {
  it("in the droplet's sh", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 20, maxLength: 40 }), async (values) => {
        expect(await echo(values, (variable) => `printf %s "$${variable}"`)).toEqual(values);
      }),
      { numRuns: 10 },
    );
  });

  it("in psql, as a variable", async () => {
    const container = (await droplet.inspect("db"))?.Id ?? "";
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 4, maxLength: 8 }), async (values) => {
        const printed = await echo(
          values,
          (variable) =>
            `printf '%s\\n' "select encode(convert_to(:'value', 'UTF8'), 'hex')" | docker exec -i ${container} psql -U odoo -d postgres -At -v ON_ERROR_STOP=1 -v value="$${variable}"`,
        );
        expect(printed.map((hex) => Buffer.from(hex.trim(), "hex").toString("utf8"))).toEqual(values);
      }),
      { numRuns: 5 },
    );
  });

  it("in Python, as JSON on stdin", async () => {
    const container = (await droplet.inspect("odoo"))?.Id ?? "";
    const script = "import json,sys; sys.stdout.buffer.write(json.load(sys.stdin).encode().hex().encode())";
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 4, maxLength: 8 }), async (values) => {
        const printed = await echo(
          values.map((value) => JSON.stringify(value)),
          (variable) => `printf %s "$${variable}" | docker exec -i ${container} python3 -c '${script}'`,
        );
        expect(printed.map((hex) => Buffer.from(hex.trim(), "hex").toString("utf8"))).toEqual(values);
      }),
      { numRuns: 5 },
    );
  });
});

/** Numbers, spans of time and choices: what is none of these is refused before anything is connected to. */
const CHECKED_WHOLE: readonly InputName[] = [
  ...([
    "port",
    "timeout",
    "command_timeout",
    "proxy_port",
    "mode",
    "scenario",
    "ceiling",
    "fail_on",
  ] as const),
  ...(["backup", "backup_to", "backup_timeout", "backup_upload_limit", "module_action"] as const),
  ...(["grace", "confirm", "soak", "boot_wait"] as const),
];
const CARRIED = (Object.keys(INPUT_DEFAULTS) as InputName[]).filter((name) => !CHECKED_WHOLE.includes(name));

describe("every input of the bundle", () => {
  it.each(cases(CARRIED, CHECKED_WHOLE))("%s: hostile values are rejected, or do nothing", async (name) => {
    const before = await lookFromOutside(droplet);
    // Two of them a process: one that a shell would obey, one that another program would.
    for (const value of [HOSTILE.slice(0, 5).join(" "), HOSTILE[name.length % HOSTILE.length] ?? ""]) {
      const action = new Action(
        inputsFor(droplet, "deploy", {
          mode: "recover",
          timeout: "5s",
          ...(name === "key" ? { key_path: "" } : {}),
          ...(name.startsWith("proxy_")
            ? { proxy_host: "127.0.0.1", proxy_port: String(droplet.sshPort) }
            : {}),
          [name]: value,
        }),
      );
      const end = await action.main();
      action.discard();
      expect(["healthy", "refused", "unreachable", "unknown"], end.log).toContain(end.outputs.get("status"));
      expect(end.outputs.get("changed")).toBe("false");
      if (SECRET_INPUTS.includes(name)) expect(end.summary).not.toContain(value);
      expect(end.seconds).toBeLessThan(30);
    }
    expect(await droplet.script(`test ! -e ${PROOF} && echo harmless`)).toBe("harmless");
    expect(await lookFromOutside(droplet)).toEqual(before);
  });
});
