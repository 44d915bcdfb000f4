// Public rule sets as a corpus: what gitleaks' and secretlint's rules find is masked, rule by rule.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lintSource } from "@secretlint/core";
import { creator, rules } from "@secretlint/secretlint-rule-preset-recommend";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Redactor } from "../../src/redaction/redactor.ts";

/** `form`: the secret is known by itself. `named`: it needs the name of its owner in front. */
interface Rule {
  readonly id: string;
  readonly form?: string;
  readonly named?: string;
}
const { rules: GITLEAKS }: { rules: readonly Rule[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "gitleaks.json"), "utf8"),
);

/** Rules that the redactor does not follow, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "flutterwave-public-key": "public",
  "sourcegraph-access-token":
    "its third form is any 40 hexadecimal digits: every commit and many ids of a log",
};
/** Ids are no secrets by themselves, and tell which account it was. */
const isId = (id: string): boolean =>
  /-(?:client|access|api|user-api)-id$|pub-(?:api-)?key$|browser-api/.test(id);

const redactor = new Redactor();
const around = fc.constantFrom(
  (secret: string) => secret,
  (secret: string) => `2026-11-24 11:19:20,100 1 INFO odoo odoo.http: got ${secret} here`,
  (secret: string) => `{"log": "got ${secret} here"}`,
  (secret: string) => `url?x=${secret}`,
  (secret: string) => `['${secret}']`,
);
const named = fc.constantFrom(
  (name: string, secret: string) => `${name}=${secret}`,
  (name: string, secret: string) => `${name}: "${secret}"`,
  (name: string, secret: string) => `{"${name}": "${secret}"}`,
  (name: string, secret: string) => `x {'${name}': '${secret}'} y`,
);

/** Any text that a rule finds, but with a digit in it where there may be one, as drawn ones have. */
const drawnFrom = (form: string) =>
  fc
    .stringMatching(new RegExp(`^(?:${form})$`))
    .filter((secret) => /\d/.test(secret) || !/0-9|\\w|\\d/.test(form));
/** Beginnings and ends may tell whose it is. */
const middleOf = (secret: string): string =>
  secret.slice(Math.max(0, secret.length / 2 - 5), secret.length / 2 + 5);

/** The name under which somebody keeps the secret of a rule: `ADAFRUIT_API_KEY`, `adafruit-api-key`. */
const namesOf = (id: string) =>
  fc.constantFrom(id.replaceAll("-", "_").toUpperCase(), id, id.replaceAll("-", "_"));

describe("what a rule of gitleaks finds", () => {
  it.each(GITLEAKS.filter(({ form, id }) => form !== undefined && !(id in LEFT_OUT)))(
    "is masked: $id",
    ({ form = "" }) => {
      fc.assert(
        fc.property(drawnFrom(form), around, (secret, write) => {
          expect(redactor.secrets(write(secret))).not.toContain(middleOf(secret));
        }),
        { numRuns: 20 },
      );
    },
  );

  it.each(GITLEAKS.filter(({ named, id }) => named !== undefined && !isId(id) && !(id in LEFT_OUT)))(
    "is masked under its name: $id",
    ({ id, named: form = "" }) => {
      fc.assert(
        fc.property(drawnFrom(form), namesOf(id), named, (secret, name, write) => {
          expect(redactor.secrets(write(name, secret))).not.toContain(middleOf(secret));
        }),
        { numRuns: 20 },
      );
    },
  );

  it("is left out for a reason that still holds", () => {
    for (const id of Object.keys(LEFT_OUT)) expect(GITLEAKS.map((rule) => rule.id)).toContain(id);
  });
});

/** A text for each message of secretlint's recommended rules; the rule itself says that it is one. */
const random = (alphabet: string, length: number): string =>
  Array.from(
    { length },
    (_, at) => alphabet[(at * 7 + (at % 5) * 3 + Math.floor(at / 11)) % alphabet.length],
  ).join("");
const ALNUM = "aZ3bY4cX5dW6eV7fU8gT9hS1";
const HEX = "0a1b2c3d4e5f9876";
const PEM = `-----BEGIN RSA PRIVATE KEY-----\nMI${random(ALNUM, 62)}\n${random(ALNUM, 64)}\n-----END RSA PRIVATE KEY-----`;

const SECRETLINT: Readonly<Record<string, string>> = {
  AWSSecretAccessKey: `AWS_SECRET_ACCESS_KEY="${random(ALNUM, 40)}"x`,
  PrivateKey: PEM,
  PackageJSON_xOauthToken: `https://${random(HEX, 40)}:x-oauth-basic@github.com/acme/erp.git`,
  Npmrc_authToken: `//registry.example/:_authToken=${random(HEX, 36)}`,
  NPM_ACCESS_TOKEN: `npm_${random(ALNUM, 36)}`,
  BasicAuth: `https://robot:${random(ALNUM, 12)}@shop.acme.dev/`,
  SLACK_TOKEN: `xoxb-${random("123456789", 12)}-${random("123456789", 12)}-${random(ALNUM, 24)}`,
  IncomingWebhook: `https://hooks.slack.com/services/T${random(ALNUM, 8)}/B${random(ALNUM, 8)}/${random(ALNUM, 24)}`,
  SENDGRID_KEY: `SG.${random(ALNUM, 22)}.${random(ALNUM, 43)}`,
  SHOPIFY_KEY: `shpat_${random(HEX, 32)}`,
  STRIPE_SECRET_KEY_LIVE: `sk_live_${random(ALNUM, 24)}`,
  STRIPE_SECRET_KEY_TEST: `sk_test_${random(ALNUM, 24)}`,
  STRIPE_RESTRICTED_KEY_LIVE: `rk_live_${random(ALNUM, 24)}`,
  STRIPE_RESTRICTED_KEY_TEST: `rk_test_${random(ALNUM, 24)}`,
  GITHUB_TOKEN: `ghp_${random(ALNUM, 36)}`,
  GITLAB_PERSONAL_ACCESS_TOKEN: `glpat-${random(ALNUM, 20)}`,
  GRAFANA_CLOUD_API_TOKEN: `glc_${random(ALNUM, 40)}`,
  GRAFANA_SERVICE_ACCOUNT_TOKEN: `glsa_${random(ALNUM, 32)}_${random(HEX, 8)}`,
  OPENAI_TOKEN: `sk-proj-${random(ALNUM, 58)}T3BlbkFJ${random(ALNUM, 58)}`,
  ANTHROPIC_API_KEY: `sk-ant-api03-${random(ALNUM, 93)}AA`,
  GROQ_API_KEY: `gsk_${random(ALNUM, 52)}`,
  HUGGINGFACE_USER_ACCESS_TOKEN: `hf_${random("aBcDeFgHiJ", 34)}`,
  LINEAR_API_TOKEN: `lin_api_${random(ALNUM, 40)}`,
  NOTION_INTEGRATION_TOKEN: `ntn_${random("123456789", 11)}${random(ALNUM, 35)}`,
  // Base64 of a document whose last byte stands alone.
  OPS_TOKEN: `ops_${Buffer.from(`{"email":"x@acme.dev","secretKey":"${random(ALNUM, 50)}","srpX":"${random(HEX, 65)}"}`.replace(/^(.*)$/, (text) => text.replace("srpX", `srpX${"X".repeat((4 - (text.length % 3)) % 3)}`))).toString("base64")}`,
  MongoDBConnection: `mongodb://odoo:${random(ALNUM, 12)}@db.example/x`,
  MySQLConnection: `mysql://odoo:${random(ALNUM, 12)}@db.example/x`,
  PostgreSQLConnection: `postgresql://odoo:${random(ALNUM, 12)}@db.example/x`,
  HASHICORP_VAULT_SERVICE_TOKEN: `hvs.${random(ALNUM, 95)}`,
  HASHICORP_VAULT_BATCH_TOKEN: `hvb.${random(ALNUM, 140)}`,
  HASHICORP_VAULT_RECOVERY_TOKEN: `hvr.${random(ALNUM, 95)}`,
  VERCEL_PERSONAL_ACCESS_TOKEN: `vcp_${random(ALNUM, 56)}`,
  VERCEL_INTEGRATION_TOKEN: `vci_${random(ALNUM, 56)}`,
  VERCEL_APP_ACCESS_TOKEN: `vca_${random(ALNUM, 56)}`,
  VERCEL_APP_REFRESH_TOKEN: `vcr_${random(ALNUM, 56)}`,
  VERCEL_AI_GATEWAY_API_KEY: `vck_${random(ALNUM, 56)}`,
  DATABRICKS_PERSONAL_ACCESS_TOKEN: `dapi${random(HEX, 32)}`,
  DOCKER_PERSONAL_ACCESS_TOKEN: `dckr_pat_${random(ALNUM, 27)}`,
  FIGMA_PERSONAL_ACCESS_TOKEN: `figd_${random(ALNUM, 40)}`,
  CLOUDFLARE_GLOBAL_API_KEY: `cfk_${random(ALNUM, 40)}${random(HEX, 8)}`,
  CLOUDFLARE_USER_API_TOKEN: `cfut_${random(ALNUM, 40)}${random(HEX, 8)}`,
  CLOUDFLARE_ACCOUNT_API_TOKEN: `cfat_${random(ALNUM, 40)}${random(HEX, 8)}`,
  TAILSCALE_API_KEY: `tskey-api-${random(ALNUM, 12)}-${random(ALNUM, 32)}`,
  TAILSCALE_AUTH_KEY: `tskey-auth-${random(ALNUM, 12)}-${random(ALNUM, 32)}`,
  TAILSCALE_CLIENT_KEY: `tskey-client-${random(ALNUM, 12)}-${random(ALNUM, 32)}`,
  TAILSCALE_SCIM_KEY: `tskey-scim-${random(ALNUM, 12)}-${random(ALNUM, 32)}`,
  TAILSCALE_WEBHOOK_KEY: `tskey-webhook-${random(ALNUM, 12)}-${random(ALNUM, 32)}`,
  TAILSCALE_KEY: `tskey-other-${random(ALNUM, 12)}-${random(ALNUM, 32)}`,
};
/** These rules look at one file only. */
const FILES: Readonly<Record<string, string>> = {
  PackageJSON_xOauthToken: "/package.json",
  Npmrc_authToken: "/.npmrc",
};
/** Messages about ids, about files, and about the linter itself. */
const NO_TEXT = ["AWSAccessKeyID", "AWSAccountID", "PrivateKeyP12", "PrivateKeyJSON", "IGNORE_MESSAGE"];

async function foundBySecretlint(text: string, filePath = "/odoo.log"): Promise<string[]> {
  const { messages } = await lintSource({
    source: { filePath, ext: ".log", contentType: "text", content: text },
    options: { noPhysicFilePath: true, config: { rules: [{ id: "recommended", rule: creator, rules: [] }] } },
  });
  return messages.flatMap(({ type, messageId }) => (type === "message" ? [messageId] : []));
}

describe("what a rule of secretlint finds", () => {
  it("has a text here for each rule", () => {
    const ids = rules.flatMap(({ messages }) => Object.keys(messages));
    expect([...Object.keys(SECRETLINT), ...NO_TEXT].sort()).toEqual(ids.sort());
  });

  it.each(Object.entries(SECRETLINT))("is masked: %s", async (id, text) => {
    const line = `before ${text} after\n`;
    expect(await foundBySecretlint(line, FILES[id])).toContain(id);
    // As a reference, which is none to the linter either: three asterisks are a password.
    const masked = redactor.secrets(line).replaceAll("***", "$MASK");
    expect(await foundBySecretlint(masked, FILES[id])).toEqual([]);
  });
});
