/** Secrets of the host that would take words away from the product: the redactor learns what the droplet calls a secret. */

import { CAUSES } from "../../../src/diagnosis/cause.ts";
import { RISK } from "../../../src/diagnosis/risk.ts";
import { type Attack, both, inSection, inspectedContainers, utf8 } from "../attack.ts";
import type { Bend } from "../droplet.ts";
import type { Outcome } from "../run.ts";

const STATUSES = [
  "healthy",
  "planned",
  "recovered",
  "degraded",
  "unhealthy",
  "refused",
  "unreachable",
  "cancelled",
  "unknown",
];

/** As passwords in odoo.conf and in a container's environment. */
function passwords(values: readonly string[]): Bend {
  return both(
    inspectedContainers((containers) => {
      for (const { Config } of containers)
        Config.Env = [...(Config.Env ?? []), ...values.map((value, index) => `X${index}_PASSWORD=${value}`)];
    }),
    inSection(
      /^secrets of /,
      (body) => `${body}${values.map((value, index) => `x${index}_password = ${utf8(value)}\n`).join("")}`,
    ),
  );
}

/** The answer to who is woken at night is read as it is meant. */
const readable =
  (status: string, heading: string): NonNullable<Attack["expect"]> =>
  ({ end }: Outcome) => [
    ...(end.outputs.get("status") === status ? [] : [`the status is ${end.outputs.get("status")}`]),
    ...(end.summary.includes(`${heading}: `) ? [] : [`the summary begins with ${end.summary.slice(0, 60)}`]),
    ...(/\bNext:/.test(end.summary) && /mode: recover/.test(end.outputs.get("next") ?? "")
      ? []
      : [`what to do next is ${end.outputs.get("next")}`]),
  ];

const vocabulary = (name: string, values: readonly string[]): Attack => ({
  name: `secrets are ${name}`,
  state: "odoo-stopped",
  bends: () => ({ survey: passwords(values) }),
  expect: readable("unhealthy", "## 🔴 unhealthy"),
});

export const SECRETS: readonly Attack[] = [
  vocabulary("the status and the cause of this run", ["unhealthy", "odoo-stopped", "Next"]),
  vocabulary("all the statuses", STATUSES),
  vocabulary("all the causes and remedies", [...Object.keys(CAUSES), ...Object.keys(RISK)]),
  vocabulary("words of the summary", [
    "recover",
    "mode",
    "mode: recover",
    "layer",
    "seen",
    "Odoo",
    "start-stack",
    "class",
    "restart",
  ]),
  vocabulary("markup", ["##", "```", "|", "</code>", "<details>", "**Next:**", "---", "\n", "::", "error"]),
  vocabulary("empty or a character", ["", " ", "a", "e", "0", "1", "-", ".", "/"]),
  vocabulary("parts of words", ["un", "odoo", "health", "stop", "heal", "thy", "true", "false", "null"]),
  {
    name: "there are 50,000 different secrets",
    state: "odoo-stopped",
    bends: () => ({
      survey: inSection(
        /^secrets of conf/,
        (body) =>
          `${body}${Array.from({ length: 50_000 }, (_, index) => `x_password = s3cret-${index}-pwn\n`).join("")}`,
      ),
    }),
  },
  {
    name: "a secret is 2 MB long",
    state: "odoo-stopped",
    bends: () => ({
      survey: inSection(/^secrets of conf/, (body) => `${body}x_password = ${"s3cret".repeat(350_000)}\n`),
    }),
  },
  {
    name: "secrets are made of what expressions read",
    state: "odoo-stopped",
    bends: () => ({
      survey: passwords(["(a+)+$", ".*", "[", "\\", "$&$1", "^(a|a)*$", "%0A", "***", "\u2028"]),
    }),
    expect: readable("unhealthy", "## 🔴 unhealthy"),
  },
];
