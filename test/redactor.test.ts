// Nothing secret passes the redactor, and what is not secret stays readable.

import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Redactor } from "../src/redaction/redactor.ts";
import { isOurs } from "../src/redaction/vocabulary.ts";
import { cpuTime } from "./support/cpu-time.ts";

const knowing = (...secrets: string[]): Redactor => {
  const redactor = new Redactor();
  redactor.learn(secrets);
  return redactor;
};

const KEY = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
}).privateKey;
const KEY_LINES = KEY.trim()
  .split("\n")
  .filter((line) => !line.startsWith("-----"));

describe("a secret that was learnt", () => {
  it.each([
    ["as it is", (secret: string) => secret],
    ["in a URL", (secret: string) => `https://example.com/?x=${encodeURIComponent(secret)}`],
    ["in JSON", (secret: string) => JSON.stringify({ said: secret })],
    [
      "in JSON as Go writes it",
      (secret: string) =>
        JSON.stringify(secret)
          .replaceAll("&", "\\u0026")
          .replaceAll("<", "\\u003c")
          .replaceAll(">", "\\u003e"),
    ],
    ["in base64", (secret: string) => Buffer.from(secret).toString("base64")],
    ["in base64 for URLs", (secret: string) => Buffer.from(secret).toString("base64url")],
    ["twice in a row", (secret: string) => secret + secret],
  ])("is masked %s", (_, write) => {
    const secret = 'p&ss "word" <ü>/+?';
    const redacted = knowing(secret).text(`before ${write(secret)} after`);
    expect(redacted).toMatch(/^before .*\*\*\*.* after$/);
    expect(redacted).not.toContain(write(secret));
    expect(redacted).not.toContain("word");
  });

  it("of several lines is masked line by line too, with any line ends", () => {
    const redactor = knowing(KEY.replaceAll("\n", "\r\n"));
    expect(KEY_LINES.length).toBeGreaterThan(10);
    for (const line of KEY_LINES.slice(0, -1)) {
      expect(redactor.text(`log: ${line} end`)).toBe("log: *** end");
    }
    expect(redactor.text(JSON.stringify({ key: KEY }))).not.toContain(KEY_LINES[3]);
  });

  it("is masked whole where another one is a part of it", () => {
    expect(knowing("hunter2hunter2", "hunter2hunter2-and-more").text("x hunter2hunter2-and-more y")).toBe(
      "x *** y",
    );
  });

  it("is told once, for the runner's own masking", () => {
    const redactor = new Redactor();
    expect(redactor.learn(["correct horse"])).toEqual(
      expect.arrayContaining([
        "correct horse",
        "correct%20horse",
        Buffer.from("correct horse").toString("base64").replace(/=+$/, ""),
      ]),
    );
    expect(redactor.learn(["correct horse"])).toEqual([]);
  });

  it("of fewer than eight characters does not turn a report into asterisks", () => {
    const redactor = knowing("odoo", "", " ", "\n");
    const report = "odoo-ce-odoo-1 runs the service odoo as odoo, image odoo:14, database odoo";
    expect(redactor.text(report)).toBe(report);
    expect(redactor.text("POSTGRES_PASSWORD=odoo")).toBe("POSTGRES_PASSWORD=***");
  });

  it("that is the name of a service, a user or a database too is masked where it stands as a value, and nowhere else", () => {
    for (const [name, values] of [
      ["odoo", "odoo"],
      ["odoo_production", "odoo_production"],
    ] as const) {
      const redactor = new Redactor();
      expect(redactor.learn([values, "zebra crossing"], [name])).toContain("zebra crossing");
      const report = `the service ${name} runs as ${name}, image odoo:14, database ${name}; user "${name}"`;
      expect(redactor.text(report)).toBe(report);
      for (const [text, expected] of [
        [`password=${name}`, "password=***"],
        [`"PASSWORD": "${name}"`, '"PASSWORD": "***"'],
        [`PGPASSWORD=${name}`, "PGPASSWORD=***"],
        [`postgres://${name}:${name}@db`, `postgres://${name}:***@db`],
        [`db_password = ${name}`, "db_password = ***"],
        [`--db_password ${name}`, "--db_password ***"],
        [`DB_PASSWD: ${name}`, "DB_PASSWD: ***"],
        [
          `host=db user=${name} password=${name} dbname=${name}`,
          `host=db user=${name} password=*** dbname=${name}`,
        ],
      ] as const)
        expect(redactor.text(text)).toBe(expected);
    }
  });

  it("whose name becomes known later is readable from then on", () => {
    const redactor = knowing("quartz_jukebox");
    expect(redactor.text("database quartz_jukebox")).toBe("database ***");
    expect(redactor.learn([], ["quartz_jukebox"])).toEqual([]);
    expect(redactor.text("database quartz_jukebox")).toBe("database quartz_jukebox");
  });

  it("never survives in text that comes in pieces", () => {
    fc.assert(
      fc.property(
        secret.filter((text) => !/[\r\n]/.test(text)),
        fc.array(fc.nat()),
        (hidden, cuts) => {
          const text = `a ${hidden} b\nPASSWORD=odoo\nPASSWORD=${hidden}\n${hidden}`;
          const places = [0, ...cuts.map((cut) => cut % text.length), text.length].sort((a, b) => a - b);
          const stream = knowing(hidden).stream();
          const pieces = places.map((place, at) =>
            stream.push(text.slice(place, places[at + 1] ?? text.length)),
          );
          const told = pieces.join("") + stream.end();
          expect(told).not.toContain(hidden.trim());
          expect(told).not.toContain("=odoo");
        },
      ),
    );
  });

  const secret = fc
    .oneof(
      fc.string({ minLength: 8, maxLength: 60 }),
      fc.string({ unit: "binary", minLength: 8, maxLength: 30 }),
      fc
        .array(fc.constantFrom("*", "***", "a", '"', "'", "\\", "=", "password", "\n", ":", "@", "/"), {
          minLength: 8,
          maxLength: 20,
        })
        .map((a) => a.join("")),
    )
    // What is made of our own words is left to the forms.
    .filter((text) => text.trim().length >= 8 && !isOurs(text.trim()));
  const around = fc.oneof(
    fc.string(),
    fc.constantFrom("PASSWORD=", '"', "'", "://a:", "*", "***", "-w ", "\n"),
  );

  it("never survives in text, whatever it is and whatever is around it", () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.array(around, { maxLength: 6 }),
        (secrets, rest) => {
          const redactor = knowing(...secrets);
          const pieces = rest.flatMap((piece, index) => [piece, secrets[index % secrets.length] ?? ""]);
          const text = [...secrets, ...pieces, ...secrets].join("");
          const redacted = redactor.text(text);
          for (const each of secrets) expect(redacted).not.toContain(each.trim());
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("never survives in data, neither in keys nor in values, and the data itself stays as it was", () => {
    fc.assert(
      fc.property(secret, fc.jsonValue(), (hidden, anything) => {
        const data = { text: `a ${hidden} b`, [`key ${hidden}`]: [1, null, { deep: hidden }], anything };
        const before = structuredClone(data);
        const redacted = knowing(hidden).data(data);
        const strings: string[] = [];
        JSON.stringify(redacted, (key, value) => {
          strings.push(key);
          if (typeof value === "string") strings.push(value);
          return value;
        });
        for (const string of strings) expect(string).not.toContain(hidden.trim());
        expect(data).toEqual(before);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a secret that is known only by the place where it stands", () => {
  it.each([
    ["POSTGRES_PASSWORD=odoo", "POSTGRES_PASSWORD=***"],
    ["docker run -e PASSWORD=odoo odoo:14", "docker run -e PASSWORD=*** odoo:14"],
    ["odoo --db_password odoo --db_host db", "odoo --db_password *** --db_host db"],
    ["--db_password\nodoo\n--db_host\ndb", "--db_password\n***\n--db_host\ndb"],
    ["COMMAND='odoo\n-w\nodoo\n-d\nshop'", "COMMAND='odoo\n-w\n***\n-d\nshop'"],
    ["COMMAND='odoo\n--db_password\no'\\''doo'\nX='y'", "COMMAND='odoo\n--db_password\n***'\nX='y'"],
    ["odoo --db_password=odoo --db_host db", "odoo --db_password=*** --db_host db"],
    ["odoo -r odoo -w pa55 --db_host db", "odoo -r odoo -w *** --db_host db"],
    ['["odoo", "-w", "odoo", "-d"]', '["odoo", "-w", "***", "-d"]'],
    ["command:\n  - -w\n  - odoo\n  - -d\n  - odoo", "command:\n  - -w\n  - ***\n  - -d\n  - odoo"],
    ["  - --db_password\n  - odoo\n  - -d", "  - --db_password\n  - ***\n  - -d"],
    ["db_password = odoo", "db_password = ***"],
    ["  admin_passwd = a, b; c # d", "  admin_passwd = ***"],
    ["export SMTP_PASS='a b'", "export SMTP_PASS=***"],
    ["      POSTGRES_PASSWORD: two words", "      POSTGRES_PASSWORD: ***"],
    ["      - POSTGRES_PASSWORD=two words", "      - POSTGRES_PASSWORD=***"],
    ['{"PASSWORD":"odoo","USER":"odoo"}', '{"PASSWORD":"***","USER":"odoo"}'],
    ['{"PASSWORD" : "a\\"b", "x": 1}', '{"PASSWORD" : "***", "x": 1}'],
    ['{"PASSWORD": "cut off', '{"PASSWORD": "***"'],
    [
      '"Env": ["HOST=db", "PASSWORD=o,d;o o", "USER=odoo"]',
      '"Env": ["HOST=db", "PASSWORD=***", "USER=odoo"]',
    ],
    [
      '"Args": [\n  "--db_password",\n  "odoo",\n  "-d"\n]',
      '"Args": [\n  "--db_password",\n  "***",\n  "-d"\n]',
    ],
    [
      '{"log":"{\\"password\\": \\"odoo\\", \\"user\\": \\"odoo\\"}"}',
      '{"log":"{\\"password\\": \\"***\\", \\"user\\": \\"odoo\\"}"}',
    ],
    ["{'user': 'odoo', 'password': 'odoo'}", "{'user': 'odoo', 'password': '***'}"],
    ["{'password': \"o'doo\", 'x': 1}", "{'password': \"***\", 'x': 1}"],
    ["postgres://odoo:odoo@db:5432/odoo", "postgres://odoo:***@db:5432/odoo"],
    ["postgresql+psycopg2://odoo:p@ss@db/odoo", "postgresql+psycopg2://odoo:***@db/odoo"],
    ["redis://:odoo@redis:6379/0", "redis://:***@redis:6379/0"],
    ["GET /web?token=abc&next=1", "GET /web?token=***&next=1"],
    ["connection failed: password=odoo, host=db", "connection failed: password=***, host=db"],
    ['password = "two words" and more', "password = ***"],
    ['dsn: password="two words" host=db', "dsn: password=*** host=db"],
    ["Authorization: Basic b2Rvbzo=", "Authorization: Basic ***"],
    ["authorization: Bearer abc.def", "authorization: Bearer ***"],
    ["-H 'Authorization: abc'", "-H 'Authorization: ***'"],
    ['{"Authorization": "Bearer abc"}', '{"Authorization": "Bearer ***"}'],
    ['proxy_set_header Authorization "Basic b2Rvbzo=";', 'proxy_set_header Authorization "Basic ***";'],
    ["proxy_set_header X-Api-Key abc;", "proxy_set_header X-Api-Key ***;"],
    ["set $api_token 'a b';", "set $api_token ***;"],
    [`age: AGE-SECRET-KEY-1${"Q".repeat(58)} end`, "age: *** end"],
    ["Set-Cookie: session_id=0123; Path=/", "Set-Cookie: ***"],
    ["Cookie: session_id=0123; tz=UTC", "Cookie: ***"],
    [`token ghp_${"a".repeat(36)} there`, "token *** there"],
    [`jwt eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.sig there`, "jwt *** there"],
    [`dop_v1_${"0".repeat(64)}`, "***"],
    [`STRIPE=sk_live_${"a1".repeat(12)} there`, "STRIPE=*** there"],
    ["ENCRYPTION_KEY=abc", "ENCRYPTION_KEY=***"],
    ["SENTRY_DSN=https://x@y/1", "SENTRY_DSN=***"],
    ["https://0123456789abcdef0123@sentry.example/1", "https://***@sentry.example/1"],
    ["robot:$apr1$h6uE$abcdefghijkl", "robot:***"],
    ['"shop.basicauth": "robot:$$apr1$$h6uE$$abcdefghijkl"', '"shop.basicauth": "robot:***"'],
    ["curl -fsS -u robot:odoo http://x/", "curl -fsS -u robot:*** http://x/"],
    ['["curl", "-u", "robot:odoo"]', '["curl", "-u", "robot:***"]'],
    ['if ($arg_api_key = "a b") { return 403; }', "if ($arg_api_key = ***) { return 403; }"],
    ["if ($http_x_shop_secret != abc) { return 403; }", "if ($http_x_shop_secret != ***) { return 403; }"],
    [
      'map $http_x_shop_key $shop_knows {\n  default 0;\n  "abc" 1;\n  ~^x 2;\n}',
      "map $http_x_shop_key $shop_knows {\n  default 0;\n  *** 1;\n  *** 2;\n}",
    ],
    [
      'map $host $shop_token {\n  default "";\n  erp.example.com abc;\n}',
      "map $host $shop_token {\n  default ***;\n  erp.example.com ***;\n}",
    ],
    ['secure_link_md5 "$secure_link_expires$uri abc";', "secure_link_md5 ***;"],
    [
      String.raw`msg="form data: {\"Cmd\":[\"--smtp-password\",\"odoo\"],\"Env\":[\"A_TOKEN=x \\u0026 \\\"y\",\"LANG=de\"]}"`,
      String.raw`msg="form data: {\"Cmd\":[\"--smtp-password\",\"***\"],\"Env\":[\"A_TOKEN=***\",\"LANG=de\"]}"`,
    ],
    [
      String.raw`{\"a\":{\"password\":\"x\\\"y\",\"user\":\"odoo\"}}`,
      String.raw`{\"a\":{\"password\":\"***\",\"user\":\"odoo\"}}`,
    ],
  ])("is masked: %j", (text, expected) => {
    expect(new Redactor().text(text)).toBe(expected);
  });

  it("is masked in data under its name", () => {
    expect(new Redactor().data({ password: "odoo", user: "odoo", passes: "3", key: "odoo-ce-1234" })).toEqual(
      {
        password: "***",
        user: "odoo",
        passes: "3",
        key: "odoo-ce-1234",
      },
    );
  });

  it("is masked in a private key, whole or cut off", () => {
    const redactor = new Redactor();
    for (const text of [`a\n${KEY}b`, `a\n${KEY.slice(0, 400)}`, JSON.stringify({ file: KEY })]) {
      const redacted = redactor.text(text);
      for (const line of KEY_LINES) expect(redacted).not.toContain(line.slice(0, 30));
    }
    expect(redactor.text(`a\n${KEY}b`)).toMatch(/^a\n-----BEGIN RSA PRIVATE KEY----- \*\*\*\nb$/);
  });
});

it("a private key without an end does not take the rest of a log with it", () => {
  const text =
    "expected -----BEGIN PRIVATE KEY----- in the file\n2026-11-24 11:19:20,100 1 INFO odoo x: goes on\n";
  expect(new Redactor().text(text)).toContain("INFO odoo x: goes on");
});

it("customers' data is cut where secrets are masked", () => {
  const redactor = knowing("correct horse");
  const text = "odoo.exceptions.UserError: Jane\nDoe\n2026-11-24 11:19:20,100 1 INFO odoo x: correct horse";
  const clean = "odoo.exceptions.UserError: [cut]\n2026-11-24 11:19:20,100 1 INFO odoo x: ***";
  expect(redactor.text(text)).toBe(clean);
  expect(redactor.data({ text })).toEqual({ text: clean });
  expect(redactor.secrets(text)).toContain("Jane\nDoe");
});

describe("what is no secret", () => {
  it.each([
    "2024-05-01 12:00:00,123 1 INFO odoo odoo.modules.loading: 42 modules loaded in 1.20s",
    "https://erp.example.com/web/login answered 200 in 0.12 s",
    "http://127.0.0.1:8069/web/login",
    "the password was refused",
    'FATAL:  password authentication failed for user "odoo"',
    "passes 3 over 10 s",
    "bypass the cache",
    "user@example.com wrote: hello",
    "odoo.exceptions.AccessDenied: Access Denied",
    "ssl_certificate_key /etc/ssl/private/erp.key;",
    "auth_basic_user_file /etc/nginx/htpasswd;",
    "proxy_pass http://odoo/$1$is_args$args;",
    "map $http_upgrade $connection_upgrade {\n  default upgrade;\n  '' close;\n}",
    "docker exec -u 101:101 odoo-ce-odoo-1 id",
    "ssh://deploy@erp.example.com",
    "",
  ])("stays as it is: %j", (text) => {
    expect(new Redactor().text(text)).toBe(text);
  });
});

describe("speed", () => {
  const MEGABYTE = 1024 * 1024;

  /** Milliseconds that it may take to redact a text. */
  const BOUND = 2_000;

  function time(redactor: Redactor, text: string): number {
    return cpuTime(() => redactor.text(text), BOUND);
  }

  it("is enough for 5 MB of log, with a key learnt", () => {
    const line =
      '2024-05-01 12:00:00,123 1 INFO odoo werkzeug: 10.0.0.1 - - "GET /web?db=odoo HTTP/1.1" 200 - 4 0.003\n';
    const log = line.repeat((5 * MEGABYTE) / line.length);
    expect(time(knowing(KEY, "zebra crossing"), log)).toBeLessThan(BOUND);
  });

  it("does not break down on a query whose lines all look like its end", () => {
    const text = `2026-11-24 11:19:20,100 1 ERROR odoo x: bad query: '\n${"ERROR: ' x\n".repeat(MEGABYTE / 11)}`;
    expect(time(new Redactor(), text)).toBeLessThan(BOUND);
  });

  it.each([
    "a",
    "=",
    '"',
    "'",
    "-",
    "_",
    ".",
    " ",
    "\\",
    "\n",
    ":",
    "/",
    "A",
    "@",
    "password",
    "password ",
    "password=",
    '"password',
    '"password":"',
    "'password': '",
    '\\"password\\": \\"',
    "--password ",
    "-w ",
    "a.",
    "a-",
    "-a",
    "://",
    "a://",
    "a://b:",
    "a://b:c@",
    "authorization",
    "authorization:",
    "authorization: basic ",
    "eyJ",
    "eyJ-",
    "eyJaaaaaaaaaaaa.",
    "ghp_",
    "ghp_aaaaaaaaaaaaaaaaaaaaaaaa_",
    "github_pat_",
    "AKIA",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "PRIVATE KEY",
    "cookie: ",
    "export ",
    "\t- ",
    "pass",
    "session_id",
    "bad query: '",
    "2026-11-24 11:19:20,100 1 ERROR odoo x: bad query: '\n",
    "2026-11-24 11:19:20,100 1 ERROR odoo x: bad query: \"'\n\n",
    "ERROR:  '\n",
    "DETAIL:  (",
    "\nSTATEMENT:  $$'",
    "Traceback (most recent call last):\n",
    "KeyError: '\n",
    "Aa.",
    "LINE 1: \n",
  ])("does not break down on a megabyte of %j", (piece) => {
    const text = piece.repeat(MEGABYTE / piece.length);
    expect(time(knowing("a secret value"), text)).toBeLessThan(BOUND);
  });
});

describe("a command that a person is to type", () => {
  it("keeps its SQL whole, where a log line would lose what stands in quotes", () => {
    const command = `docker exec db sh -c 'psql -d postgres -c '\\''select pg_terminate_backend(4711)'\\'''`;
    const event = { commands: [command], fetch: command, steps: [{ commands: command }] };
    expect(new Redactor().data(event)).toEqual(event);
  });

  it("loses a secret all the same", () => {
    const redactor = new Redactor();
    redactor.learn(["correct-horse-4711"]);
    expect(redactor.data({ commands: ["curl -u a:correct-horse-4711 http://x"] }).commands[0]).not.toContain(
      "4711",
    );
  });
});
