// What the reusable workflows and their callers promise: to the action, to each other, and to whoever reads them.

import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SECRET_INPUTS } from "../../src/inputs/names.ts";

interface Input {
  readonly description?: string;
  readonly default?: string | number | boolean;
  readonly required?: boolean;
  readonly type?: string;
}
interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
}
interface Job {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  readonly outputs?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly "timeout-minutes"?: unknown;
  readonly permissions?: unknown;
  readonly environment?: unknown;
}
interface Workflow {
  readonly on: {
    readonly workflow_call?: {
      readonly inputs: Readonly<Record<string, Input>>;
      readonly secrets: Readonly<Record<string, Input>>;
      readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
    };
  };
  readonly permissions: unknown;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const expression = (text: string): string => `\${{ ${text} }}`;
const load = (pattern: string): [name: string, workflow: Workflow][] =>
  globSync(pattern, { cwd: ROOT }).map((file) => [basename(file, ".yml"), parse(read(file))]);

const action: { inputs: Record<string, Input>; outputs: Record<string, unknown> } = parse(read("action.yml"));
const reusable = load(".github/workflows/*.yml").flatMap(([name, workflow]) => {
  const call = workflow.on.workflow_call;
  return call === undefined ? [] : [{ name, call, workflow, jobs: Object.entries(workflow.jobs) }];
});
const callers = load("examples/*.yml");

/** Defaults that are not the action's, each with its reason in docs/workflows.md. */
const OWN_DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "recover-production": { ceiling: "repair", environment: "production" },
  "smoke-and-heal": { soak: "2m", fail_on: "degraded" },
  "health-check": { soak: "2m", fail_on: "degraded", confirm: "60s" },
};

/** What a caller passes; the token is the job's own. */
const SECRETS = SECRET_INPUTS.filter((name) => name !== "github_token");

describe("each reusable workflow", () => {
  it("is there", () => {
    expect(reusable.map(({ name }) => name).sort()).toEqual([
      "health-check",
      "recover-production",
      "smoke-and-heal",
    ]);
  });

  it.each(reusable)(
    "$name: every input is the action's, with its default, or is explained",
    ({ name, call }) => {
      for (const [input, said] of Object.entries(call.inputs)) {
        const own = action.inputs[input];
        if (own === undefined) expect(said.description, input).toMatch(/^.{10,}\.$/s);
        else expect(String(said.default ?? ""), input).toBe(OWN_DEFAULTS[name]?.[input] ?? own.default ?? "");
        expect(said.type, input).toMatch(/^(?:string|boolean|number)$/);
      }
      expect(call.inputs.host).toMatchObject({ required: true });
      expect(call.inputs.mode?.default ?? "check").toBe("check");
    },
  );

  it.each(reusable)(
    "$name: asks for the action's secrets as secrets, and for no other input so",
    ({ call }) => {
      expect(Object.keys(call.secrets)).toEqual([...SECRETS, "action_token"]);
      for (const name of Object.keys(call.inputs)) expect(SECRET_INPUTS).not.toContain(name);
    },
  );

  it("the button passes a plan's approval on only where a person or the environment's reviewers approve it", () => {
    const button = reusable.find(({ name }) => name === "recover-production");
    const given = button?.jobs.flatMap(([, { steps }]) => steps?.flatMap((step) => step.with?.approve ?? []));
    expect(given).toEqual([
      expression("inputs.approve || (inputs.reviewed && needs.look.outputs.plan) || ''"),
    ]);
  });

  it("the button has the action confirm who reviewed a plan that it gives on, in the job's own environment", () => {
    const recover = reusable.find(({ name }) => name === "recover-production")?.workflow.jobs.recover;
    expect(recover?.environment).toBe(expression("inputs.environment"));
    expect(recover?.steps?.find(({ id }) => id === "recover")?.with).toMatchObject({
      reviewed: expression("inputs.reviewed && inputs.approve == ''"),
      environment: expression("inputs.environment"),
      github_token: expression("github.token"),
    });
  });

  it("only the job that confirms a review may ask GitHub about it, and its caller lets it", () => {
    for (const { name, jobs } of reusable)
      for (const [id, { permissions }] of jobs) {
        const asks = name === "recover-production" && id === "recover";
        expect(permissions, `${name}: ${id}`).toEqual(asks ? { actions: "read" } : undefined);
      }
    for (const [name, { jobs }] of callers)
      for (const [id, { permissions }] of Object.entries(jobs))
        expect(permissions, `${name}: ${id}`).toEqual(
          name === "recover-production" ? { actions: "read" } : undefined,
        );
  });

  it.each(reusable)("$name: hands on every input and secret, to the input of that name", ({ call, jobs }) => {
    const text = JSON.stringify(jobs);
    for (const name of Object.keys(call.inputs)) expect(text).toMatch(new RegExp(`\\binputs\\.${name}\\b`));
    for (const [, job] of jobs) {
      const given = job.steps?.find(({ uses }) => uses === "./.odoo-recover")?.with ?? {};
      for (const [name, value] of Object.entries(given)) {
        expect(action.inputs, name).toHaveProperty(name);
        if (SECRETS.some((secret) => secret === name)) expect(value).toBe(expression(`secrets.${name}`));
        else if (!["mode", "approve", "reviewed", "github_token"].includes(name))
          expect(value).toBe(expression(`inputs.${name}`));
      }
      for (const name of [...SECRETS, "host", "url", "ceiling"]) expect(given).toHaveProperty(name);
    }
  });

  it.each(reusable)(
    "$name: tells its caller what the action told, of the job that had the last word",
    ({ call, jobs }) => {
      const last = jobs.at(-1)?.[0];
      for (const [name, { description, value }] of Object.entries(call.outputs)) {
        expect(action.outputs).toHaveProperty(name);
        expect(description).toMatch(/^.{10,}\.$/);
        expect(value).toMatch(new RegExp(`jobs\\.${last}\\.outputs\\.${name} }}$`));
        for (const [id, job] of jobs)
          expect(job.outputs?.[name], `${id}: ${name}`).toBe(expression(`steps.${id}.outputs.${name}`));
      }
    },
  );

  it.each(reusable)(
    "$name: only jobs that may act wait for each other, by host, and none is cancelled",
    ({ jobs }) => {
      for (const [id, job] of jobs) {
        const mode = job.steps?.find(({ uses }) => uses === "./.odoo-recover")?.with?.mode ?? "";
        const all = `odoo-recover-${expression("inputs.host")}`;
        // With `heal: false` it only looks: a group of its own.
        const healing = "inputs.heal && 'odoo-recover' || format('odoo-look-{0}', github.run_id)";
        const group = new Map([
          ["recover", all],
          [
            expression("inputs.heal && 'recover' || 'check'"),
            all.replace("odoo-recover", expression(healing)),
          ],
        ]).get(mode);
        expect(job.concurrency, id).toEqual(group && { group, "cancel-in-progress": false });
      }
    },
  );
});

describe("every workflow of ours", () => {
  const all = [...load(".github/workflows/*.yml"), ...callers];
  const steps = all.flatMap(([name, { jobs }]) =>
    Object.values(jobs).flatMap((job) => (job.steps ?? []).map((step) => ({ name, step }))),
  );

  it("gives its token no right that it does not need", () => {
    for (const [name, workflow] of all)
      expect(workflow.permissions, name).toEqual(name === "ci" ? { contents: "read" } : {});
  });

  it("gives a shell nothing but text that was written here: what somebody chose comes by `env`", () => {
    for (const { name, step } of steps) expect(step.run ?? "", name).not.toContain("${{");
  });

  it("prints what an expression gave it in quotes and as it is, at the end of a line that has begun", () => {
    for (const { name, step } of steps)
      for (const [line] of (step.run ?? "").matchAll(/^.*\$.*$/gm)) {
        if (/^\s*(?:if|sudo) /.test(line)) continue;
        // A line that begins with `::` would be a command to the runner.
        expect(line, name).toMatch(/^\s*printf '%s\\n'(?: "[^"$]*\$[^":]+ ?[^"]*")+$/);
        expect(line, name).not.toMatch(/"[^"$]*::|"\$\{?(?!STATUS)/);
      }
    expect(steps.filter(({ step }) => /\becho\b.*\$/.test(step.run ?? ""))).toEqual([]);
  });

  it("pins what is not ours by commit, and says which version that is", () => {
    for (const file of [
      ...globSync(".github/workflows/*.yml", { cwd: ROOT }),
      ...globSync("examples/*.yml", { cwd: ROOT }),
    ])
      for (const [line] of read(file).matchAll(/^.*\buses: .*$/gm))
        expect(line, file).toMatch(/uses: (?:\.\/|OWNER\/odoo-recover\/|[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d)/);
  });

  it("ends a job that hangs", () => {
    for (const [name, { jobs }] of load(".github/workflows/*.yml"))
      for (const job of Object.values(jobs)) expect(job["timeout-minutes"], name).toBeDefined();
  });
});

describe("each caller of examples/", () => {
  it.each(callers)(
    "%s gives a workflow of ours inputs and secrets that it has, and all that it requires",
    (_, workflow) => {
      const calls = Object.values(workflow.jobs).filter(({ uses }) => uses !== undefined);
      expect(calls).toHaveLength(1);
      for (const job of calls) {
        const [, name] =
          /^OWNER\/odoo-recover\/\.github\/workflows\/([\w-]+)\.yml@COMMIT$/.exec(job.uses ?? "") ?? [];
        const call = reusable.find((each) => each.name === name)?.call;
        if (call === undefined) throw new Error(`${job.uses} is no workflow of ours`);
        for (const given of Object.keys(job.with ?? {})) expect(call.inputs).toHaveProperty(given);
        for (const given of Object.keys(job.secrets ?? {})) expect(call.secrets).toHaveProperty(given);
        for (const [input, { required }] of Object.entries(call.inputs))
          if (required) expect(job.with).toHaveProperty(input);
        // The group of the called workflow in both: GitHub would call that a deadlock.
        expect(JSON.stringify([workflow.concurrency, job.concurrency])).not.toContain("odoo-");
      }
    },
  );
});
