/** Plants canaries on a droplet, in each of the places that its real programs have for them, and shows that they are there. */

import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assignments } from "../../../../src/host/quote.ts";
import type { Droplet } from "../../droplet.ts";
import { Canaries } from "./canaries.ts";

const file = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");

/** Each variable of plant.sh for which a canary stands. */
const IN_PROGRAM =
  "DOCKER HTPASSWD RESET_TOKEN URL_EMAIL SEARCH PG_KEY PG_STATEMENT PG_ESCAPED PG_DOLLARS PG_COMMENT PG_COPY PG_COPY_VALUE PG_RAISED PG_RAISED_DETAIL PG_LOGGED PG_PLAN PG_PLAN_NAME PG_PARAMETER RUNS RUNS_ESCAPED RUNS_DOLLARS ARGUMENT_KEY ARGUMENT_USER ARGUMENT_URL ARGUMENT_VALUE".split(
    " ",
  );

/** A private key whose lines nobody has seen; its middle is looked for. */
const PEM = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).privateKey;
/** Is looked for as it is, beside the canaries. */
export const PEM_LINE = PEM.split("\n")[1] ?? "";

export async function plant(droplet: Droplet): Promise<Canaries> {
  const canaries = new Canaries();
  const of = (name: string): string => canaries.of(name);
  const jwt = ["eyJhbGciOiJIUzI1NiJ9", Buffer.from(`{"sub":"${of("JWT")}"}`).toString("base64url")].join(".");
  const values = {
    ...Object.fromEntries(IN_PROGRAM.map((name) => [name, of(name)])),
    PG_PHONE: canaries.digits("PG_PHONE"),
    RUNS_NUMBER: canaries.digits("RUNS_NUMBER"),
    ENV_MORE: `SHOP_API_TOKEN=${of(".env")}\nMONITOR_PASSWORD=${of(".env, for a healthcheck")}`,
    COMPOSE_TEXT: composeWith(
      await droplet.script('cat "$DIRECTORY/$COMPOSE_FILE"'),
      `
      SHOP_API_TOKEN: \${SHOP_API_TOKEN}
      MAIL_RELAY_PASSWORD: '${of("environment")} &<"x>'
      DATABASE_URL: postgres://odoo:${of("environment, a URL")}@db:5432/odoo
      SENTRY_DSN: https://${of("environment, a DSN")}@sentry.example/1
      STRIPE: sk_live_${of("environment, by its form")}4242
      ENCRYPTION_KEY: "${of("environment, a key")}"
      DB_PW: ${of("environment, PW")}
      WIREGUARD_PSK: "${of("environment, PSK")}"
      APP_SALT: ${of("environment, a salt")}
      SENTRY_AUTH: ${of("environment, AUTH")}
      ALERTS: https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/${of("environment, a webhook")}
      BLOBS: "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${of("environment, an account's key")}==;EndpointSuffix=core.windows.net"
      REGISTRY: '{"auths": {"ghcr.io": {"auth": "${of("environment, a registry")}"}}}'
    command: ["odoo", "--smtp-password", "${of("command")}"]
    labels:
      shop.basicauth: "robot:$$apr1$$h6uE$$${of("label, a hash")}"
      shop.webhook: "https://hook.example/in?token=${of("label, a URL")}"`,
    ),
    CONF_MORE: [
      `admin_passwd = ${of("odoo.conf, admin_passwd")}`,
      "db_password = odoo",
      `smtp_password = ${of("odoo.conf, smtp_password")}`,
      `shop_carrier_secret = ${of("odoo.conf, an unknown secret")}`,
      `master = ${of("odoo.conf, admin_passwd")}`,
    ].join("\n"),
    NGINX_MAP: `map $http_x_shop_key $shop_knows {\n    default 0;\n    "${of("nginx, a map")}" 1;\n    ~^${of("nginx, a map's pattern")} 2;\n}`,
    NGINX_LOCATION: `    location /supplier/ {
        auth_basic "Shop";
        auth_basic_user_file /etc/nginx/shop.htpasswd;
        if ($arg_api_key = "${of("nginx, a comparison")}") { return 403; }
        if ($http_x_shop_secret != ${of("nginx, another comparison")}) { return 403; }
        proxy_set_header Authorization "Basic ${Buffer.from(`robot:${of("nginx, Authorization")}`).toString("base64")}";
        proxy_set_header X-Shop-Secret ${of("nginx, a header")};
        proxy_set_header Cookie "session_id=${of("nginx, a cookie")}";
        proxy_ssl_certificate_key /etc/ssl/private/shop.example.key;
        proxy_pass http://127.0.0.1:8069/?token=${of("nginx, proxy_pass")};
    }`,
    CANARIES_JSON: JSON.stringify({
      email: `${of("customer, e-mail")}@customer.example`,
      name: `Jane ${of("customer, name")}`,
      street: `${of("customer, street")} Street 4`,
      phone: `+49 ${canaries.digits("customer, phone")}`,
      comment: `it's "so"\n${of("customer, comment")}\nERROR: ${of("customer, a line like an error")}`,
      signature: `<p>${of("customer, signature")}</p>`,
      password: of("login, password"),
      bank: { iban_token: of("bank, token"), nested: { "client-secret": of("bank, nested secret") } },
      pem: PEM,
      lines: [
        `jwt ${jwt}.${of("JWT, signature")}`,
        `aws AKIA${"Q".repeat(16)} aws_secret_access_key = ${of("cloud, secret")}`,
        `Authorization: Bearer ${of("log, Authorization")}`,
        `curl -u robot:${of("log, curl")} -H 'X-Api-Key: ${of("log, header")}' https://supplier.example/`,
        `connecting to amqp://robot:${of("log, URL")}@mq:5672/%2f`,
        `GET https://supplier.example/feed?access_token=${of("log, query")}&page=2`,
        `Set-Cookie: session_id=${of("log, cookie")}; Path=/`,
        `started odoo -d odoo -w${of("log, attached option")} -i base`,
        `sshpass -p ${of("log, sshpass")} ssh robot@supplier.example; redis-cli -a ${of("log, redis-cli")} ping`,
        `Max retries exceeded with url: /services/T0AAAAAAA/B0BBBBBBB/${of("log, Slack")} (Caused by NewConnectionError)`,
        `posting to https://discord.com/api/webhooks/123456789012345678/${of("log, Discord")}`,
        `next=postgres%3A%2F%2Fodoo%3A${of("log, encoded URL")}%40db%2Fodoo`,
        `ParseError: while parsing users.xml:4, somewhere inside <field name="password">${of("log, XML record")}</field>`,
        `call execute_kw('odoo', 2, '${of("log, execute_kw")}', 'res.partner', 'search')`,
        `database.enterprise_code = ${of("log, enterprise code")}`,
        `sent {b'password': b'${of("log, bytes")}'}`,
        `read settings\nmail:\n  password: |\n    ${of("log, YAML block")}\n  user: robot`,
        `KEY=${of("log, KEY")} gldt-${of("log, deploy token")}4242 sk-proj-${of("log, project key")}4242424242`,
        `partner Jane ${canaries.letters("log, customer's name")} skipped`,
        `no mandate for IBAN DE89 3704 0044 0532 0130 00, called +49 ${canaries.digits("log, customer's telephone")}`,
      ],
    }),
    CONTROLLERS: file("controllers.py"),
  };
  // By a variable of the program, since each value is one line's.
  await droplet.script(`${assignments(values)}${file("plant.sh")}`, { timeoutSeconds: 180 });
  return canaries;
}

/** The compose file with more for Odoo's service, and a password in its healthcheck. */
function composeWith(text: string, more: string): string {
  const [before = "", after = ""] = text.split(/(?<= {6}PASSWORD: .*\n)/).map((part) => part.trimEnd());
  return `${before}${more}\n${after}`.replace(
    "curl -fsS -m 8",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose puts the value in
    "curl -fsS -m 8 -u monitor:${MONITOR_PASSWORD}",
  );
}
