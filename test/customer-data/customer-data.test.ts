// What belongs to the site's customers does not get into a report; what tells of the trouble does.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CustomerDataCutter, fromFirstEntry, withoutCustomerData } from "../../src/customer-data/cutter.ts";
import { withoutLiterals } from "../../src/customer-data/sql.ts";
import { realLogs, SIGNATURES } from "../diagnosis/signatures/logs.ts";

const ODOO = "2026-11-24 11:19:19,960 1 ERROR odoo odoo.sql_db: ";
const NEXT = "2026-11-24 11:19:20,100 1 INFO odoo odoo.http: the next entry\n";
const POSTGRES = "2026-11-24 11:10:16.295 UTC [132] ";

/** As `docker logs --timestamps` prints it. */
function stamped(text: string): string {
  return text.replaceAll(/^(?=[\s\S])/gm, (_, at: number) =>
    at < text.length ? "2026-11-24T11:19:19.960123456Z " : "",
  );
}

describe("a query that failed", () => {
  it.each([
    [
      `${ODOO}bad query: UPDATE "res_partner" SET "name"='Jane Doe',"vat"=E'DE\\'12' WHERE id IN (4711)\nERROR: column "vat" does not exist\nLINE 1: ...Doe',"vat"=E'DE\n                 ^\n\n${NEXT}`,
      `${ODOO}bad query: UPDATE "res_partner" SET "name"='[cut]',"vat"='[cut]' WHERE id IN (?)\nERROR: column "vat" does not exist\nLINE 1: [cut]\n\n${NEXT}`,
    ],
    [
      `${ODOO}bad query: \n            INSERT INTO x (a)\n            VALUES ('Jane\nERROR: Doe''s\n\nhouse')\n\nERROR: invalid input syntax for type integer: "Jane\nDoe"\n${NEXT}`,
      `${ODOO}bad query: INSERT INTO x (a) VALUES ('[cut]')\nERROR: invalid input syntax for type integer: [cut]\n${NEXT}`,
    ],
    [
      `${ODOO}bad query: b'SELECT \\'Jane\\' '\nERROR: x "Jane"\n`,
      `${ODOO}bad query: [cut]\nERROR: x "[cut]"\n`,
    ],
    [
      `${POSTGRES}ERROR:  duplicate key value violates unique constraint "res_users_login_key"\n${POSTGRES}DETAIL:  Key (login)=(jane@example.com) already exists.\n${POSTGRES}STATEMENT:  INSERT INTO res_users (login)\n\tVALUES ('jane@example.com')\n${POSTGRES}LOG:  checkpoint starting: time\n`,
      `${POSTGRES}ERROR:  duplicate key value violates unique constraint "res_users_login_key"\n${POSTGRES}DETAIL:  Key (login)=([cut]) already exists.\n${POSTGRES}STATEMENT:  INSERT INTO res_users (login) VALUES ('[cut]')\n${POSTGRES}LOG:  checkpoint starting: time\n`,
    ],
    [
      `${POSTGRES}CONTEXT:  COPY res_partner, line 3, column name: "Jane\n\tDoe"\n${POSTGRES}HINT:  No function matches.\n`,
      `${POSTGRES}CONTEXT:  [cut]\n${POSTGRES}HINT:  No function matches.\n`,
    ],
    [
      `${POSTGRES}FEHLER:  ungültige Eingabesyntax für Typ integer: »Jane«\n${POSTGRES}ANWEISUNG:  select 'Jane'\n`,
      `${POSTGRES}FEHLER:  ungültige Eingabesyntax für Typ integer: [cut]\n${POSTGRES}ANWEISUNG:  select '[cut]'\n`,
    ],
    [
      `${POSTGRES}LOG:  duration: 12.5 ms  execute S_1: select $1, 'Jane\n\tDoe'\n${POSTGRES}DETAIL:  parameters: $1 = 'Jane'\n`,
      `${POSTGRES}LOG:  duration: 12.5 ms  execute S_1: select $1, '[cut]'\n${POSTGRES}DETAIL:  [cut]\n`,
    ],
  ])("is told without its values: %j", (text, expected) => {
    expect(withoutCustomerData(text)).toBe(expected);
    expect(withoutCustomerData(stamped(text)).replaceAll(/^2026\S+Z /gm, "")).toBe(expected);
  });

  // Texts that a customer may have typed: quotes, line ends, words of logs.
  const canary = "Qzx7Canary";
  const typed = fc
    .array(
      fc.constantFrom(
        "'",
        '"',
        "\\",
        "\n",
        " ",
        "ERROR: ",
        "DETAIL:  ",
        "$$",
        "--",
        "1",
        "ü",
        "\t",
        "(",
        ";",
      ),
      {
        maxLength: 12,
      },
    )
    .map((pieces) => `${canary}${pieces.join(canary)}${canary}`);
  const quoted = fc.oneof(
    typed.map((text) => `'${text.replaceAll("'", "''")}'`),
    typed.map((text) => `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`),
    typed.map((text) => `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`),
  );

  it("never shows a text of it, whatever was typed", () => {
    fc.assert(
      fc.property(fc.array(quoted, { minLength: 1, maxLength: 4 }), fc.boolean(), (texts, docker) => {
        const sql = `UPDATE "res_partner" SET ${texts.map((text, at) => `"c${at}"=${text}`).join(", ")} WHERE id=5`;
        const odoos = `${ODOO}bad query: ${sql}\nERROR: column "x" does not exist\n${NEXT}`;
        const postgres = `${POSTGRES}STATEMENT:  ${sql.replaceAll("\n", "\n\t")}\n${POSTGRES}LOG:  next\n`;
        for (const log of [odoos, postgres]) {
          const cut = withoutCustomerData(docker ? stamped(log) : log);
          expect(cut).not.toContain(canary);
          expect(cut).toContain('UPDATE "res_partner" SET "c0"=');
        }
        expect(withoutCustomerData(odoos)).toContain('\nERROR: column "x" does not exist\n');
        expect(withoutCustomerData(odoos)).toContain(NEXT);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never shows a text that was cut off", () => {
    fc.assert(
      fc.property(quoted, fc.nat(), (text, end) => {
        const sql = `SELECT ${text}`;
        const begun = sql.slice(0, 8 + (end % (sql.length - 7)));
        expect(withoutLiterals(begun).sql).not.toContain("Canary");
      }),
      { numRuns: 1_000 },
    );
  });

  it("never shows a text in an error, a detail or a context", () => {
    fc.assert(
      fc.property(typed, (text) => {
        const tabbed = text.replaceAll("\n", "\n\t");
        const log = [
          `${POSTGRES}ERROR:  invalid input syntax for type integer: "${tabbed}"`,
          `${POSTGRES}DETAIL:  Failing row contains (1, ${tabbed}).`,
          `${POSTGRES}CONTEXT:  unnamed portal parameter $1 = '${tabbed}'`,
          `${POSTGRES}LOG:  next`,
        ].join("\n");
        expect(withoutCustomerData(log)).not.toContain(canary);
        const traceback = `Traceback (most recent call last):\n  File "/a.py", line 1, in f\n    f()\nodoo.exceptions.UserError: ${text}\n`;
        expect(withoutCustomerData(traceback + NEXT)).toBe(
          `Traceback (most recent call last):\n  File "/a.py", line 1, in f\n    f()\nodoo.exceptions.UserError: [cut]\n${NEXT}`,
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("an exception", () => {
  it.each([
    ["KeyError: 'Jane Doe'", "KeyError: '[cut]'"],
    ["KeyError: 'ir.http'", "KeyError: 'ir.http'"],
    [
      "ModuleNotFoundError: No module named 'no_such_module'",
      "ModuleNotFoundError: No module named 'no_such_module'",
    ],
    [
      "AttributeError: 'NoneType' object has no attribute 'params'",
      "AttributeError: 'NoneType' object has no attribute 'params'",
    ],
    [
      "ValueError: invalid literal for int() with base 10: 'Jane'",
      "ValueError: invalid literal for int() with base 10: '[cut]'",
    ],
    ["ValueError: Jane Doe owes 500", "ValueError: [cut]"],
    ["odoo.exceptions.UserError: Jane Doe has no address", "odoo.exceptions.UserError: [cut]"],
    ["odoo.exceptions.AccessDenied: Access Denied", "odoo.exceptions.AccessDenied: Access Denied"],
    [
      'psycopg2.errors.NotNullViolation: null value in column "login" of relation "res_users" violates not-null constraint',
      undefined,
    ],
    ["PermissionError: [Errno 13] Permission denied: '/var/lib/odoo/filestore/odoo/ae'", undefined],
    [
      "FileNotFoundError: [Errno 2] No such file or directory: '/tmp/Jane.pdf'",
      "FileNotFoundError: [Errno 2] No such file or directory: '[cut]'",
    ],
    ["TypeError: f() got an unexpected keyword argument 'name'", undefined],
    ["odoo.tools.convert.ParseError: while parsing /mnt/a/views/x.xml:3, near", undefined],
  ])("keeps its type and what is always the same: %j", (line, expected) => {
    expect(withoutCustomerData(`${line}\n`)).toBe(`${expected ?? line}\n`);
  });

  it("is cut where Odoo logs it without a traceback, and over several lines", () => {
    const head = "2026-11-24 11:19:19,960 1 WARNING odoo odoo.http: ";
    expect(withoutCustomerData(`${head}odoo.exceptions.UserError: Jane\nDoe\n${NEXT}`)).toBe(
      `${head}odoo.exceptions.UserError: [cut]\n${NEXT}`,
    );
  });
});

describe("what PostgreSQL logs", () => {
  it("of an error that somebody's function raised has none of its words, in its own log and in Odoo's", () => {
    const context = "CONTEXT:  PL/pgSQL function check_credit() line 3 at RAISE";
    expect(
      withoutCustomerData(
        `${POSTGRES}ERROR:  no credit for Jane\n${POSTGRES}DETAIL:  she owes 5\n${POSTGRES}HINT:  Ask.\n${POSTGRES}${context}\n${POSTGRES}STATEMENT:  SELECT check_credit('Jane')\n`,
      ),
    ).toBe(
      `${POSTGRES}ERROR:  [cut]\n${POSTGRES}DETAIL:  [cut]\n${POSTGRES}HINT:  Ask.\n${POSTGRES}${context}\n${POSTGRES}STATEMENT:  SELECT check_credit('[cut]')\n`,
    );
    expect(
      withoutCustomerData(`${ODOO}bad query: SELECT f(1)\nERROR: no credit for Jane\n${context}\n\n${NEXT}`),
    ).toBe(`${ODOO}bad query: SELECT f(?)\nERROR: [cut]\n${context}\n\n${NEXT}`);
    expect(withoutCustomerData("psycopg2.errors.RaiseException: no credit for Jane\n")).toBe(
      "psycopg2.errors.RaiseException: [cut]\n",
    );
  });

  it("of an error in its own words stays, wherever the log ends", () => {
    const error = `${POSTGRES}ERROR:  column "naem" does not exist at character 24`;
    for (const rest of ["", "\n", `\n${POSTGRES}HINT:  Perhaps you meant another.`, `\n${error}\n${error}\n`])
      expect(withoutCustomerData(error + rest)).toBe(error + rest);
  });

  it("of a plan has no value of the query", () => {
    const plan = `${POSTGRES}LOG:  duration: 0.079 ms  plan:\n\tQuery Text: SELECT * FROM res_partner WHERE name = 'Jane'\n\tSeq Scan on res_partner\n\t  Filter: ((name)::text = 'Jane'::text)\n${POSTGRES}LOG:  checkpoint starting: time\n`;
    const told = withoutCustomerData(plan);
    expect(told).not.toContain("Jane");
    expect(told).toMatch(
      /plan: Query Text: SELECT \* FROM res_partner .* Seq Scan on res_partner .*\n.*checkpoint/,
    );
  });

  it("of a statement has none of its comments", () => {
    expect(withoutLiterals("SELECT 1 -- for Jane's\nFROM x /* Jane's */ WHERE y = 'Jane'")).toEqual({
      sql: "SELECT ? [cut]\nFROM x [cut] WHERE y = '[cut]'",
      open: false,
    });
  });
});

describe("what was asked for", () => {
  it.each([
    [
      `${ODOO.replace("ERROR odoo odoo.sql_db", "INFO odoo werkzeug")}10.0.0.1 - - [x] "GET /shop?search=Jane+Doe&page=2&db=odoo HTTP/1.0" 200 - 4`,
      `${ODOO.replace("ERROR odoo odoo.sql_db", "INFO odoo werkzeug")}10.0.0.1 - - [x] "GET /shop?search=[cut]&page=2&db=odoo HTTP/1.0" 200 - 4`,
    ],
    [
      'request: "GET /my/jane@example.com/invoices HTTP/1.1", upstream: "http://127.0.0.1:8069/my/jane%40example.com?phone=491511234567", referrer: "https://x.example/?q=Jane"',
      'request: "GET /my/[cut]/invoices HTTP/1.1", upstream: "http://127.0.0.1:8069/my/[cut]?phone=[cut]", referrer: "https://x.example/?q=[cut]"',
    ],
    [
      "# Thread: <Thread(x)> (db:odoo) (uid:2) (url:http://erp/shop?search=Jane)",
      "# Thread: <Thread(x)> (db:odoo) (uid:2) (url:http://erp/shop?search=[cut])",
    ],
  ])("is cut: %j", (text, expected) => {
    expect(withoutCustomerData(text)).toBe(expected);
  });

  it.each([
    "proxy_pass http://odoo/x?db=$arg_db;",
    "rewrite ^/(.*)$ /web?next=$1 last;",
    "connected to deploy@erp.example.com:22",
    "/etc/systemd/system/user@1000.service",
    "git@github.com:acme/erp.git",
    "is it up? /web/login=200",
    "ssh://deploy@erp.example.com/opt/odoo-ce",
  ])("is not confused with: %j", (text) => {
    expect(withoutCustomerData(text)).toBe(text);
  });

  it("of PostgreSQL by somebody at a terminal has no values", () => {
    expect(withoutCustomerData("  12 S 00:44 psql -X -U odoo -c SELECT 'Jane', 491511234567 FROM x")).toBe(
      "  12 S 00:44 psql -X -U odoo -c SELECT '[cut]', ? FROM x",
    );
    const harmless = "  12 S 00:44 psql -U odoo -d odoo -p 5432";
    expect(withoutCustomerData(harmless)).toBe(harmless);
  });
});

describe("who it was", () => {
  const head = "2026-11-24 11:19:19,960 1 INFO odoo odoo.addons.base.models.res_users: ";
  it.each([
    [
      "Login successful for db:odoo login:jane doe from 192.0.2.9",
      "Login successful for db:odoo login:[cut] from 192.0.2.9",
    ],
    [
      "Login failed for db:odoo login:admin' from x from 192.0.2.9",
      "Login failed for db:odoo login:[cut] from 192.0.2.9",
    ],
    ["Mail to jane.doe+x@mail.example.com sent", "Mail to [cut] sent"],
    ["bus @odoo/owl and a@b stay", "bus @odoo/owl and a@b stay"],
  ])("is not told: %j", (said, expected) => {
    expect(withoutCustomerData(`${head}${said}\n`)).toBe(`${head}${expected}\n`);
  });
});

describe("what an addon logs in words of its own", () => {
  const head = "2026-11-24 11:19:19,960 1 WARNING odoo odoo.addons.sale.models.order: ";
  it.each([
    ["partner Jane Doe skipped", "partner [cut] skipped"],
    ["parcel for Jane van der Berg is late", "parcel for [cut] is late"],
    ["no mandate for DE89 3704 0044 0532 0130 00", "no mandate for [cut]"],
    ["no answer from +49 151 2345678 yet", "no answer from [cut] yet"],
    ["phone 0151 23456789 is invalid", "phone [cut] is invalid"],
    ["contact Doe, Jane has no address", "contact [cut] has no address"],
    ["parcel to 12 Main Street is back", "parcel to [cut] is back"],
    ["no courier for Hauptstraße 5, 10115 Berlin today", "no courier for [cut] today"],
    ["port 8069 of phone 12 is taken", undefined],
    ["field amount_total of sale.order is not stored", undefined],
    ["SyntaxError: '(' was never closed (models.py, line 3)", undefined],
  ])("keeps what is nobody's: %j", (said, expected) => {
    expect(withoutCustomerData(`${head}${said}\n`)).toBe(`${head}${expected ?? said}\n`);
  });
});

describe("a log", () => {
  it("of which only the end was kept does not begin with the rest of a query", () => {
    expect(withoutCustomerData(fromFirstEntry(`'Jane' WHERE id = 1\n\nERROR: x\n${NEXT}`))).toBe(
      `[cut] 3 lines in front of the first whole entry\n${NEXT}`,
    );
  });

  it("of another program stays whole", () => {
    const text = "1:M 24 Nov 2026 11:19:19.960 * Ready to accept connections\nGET /x 200\n";
    expect(withoutCustomerData(fromFirstEntry(text))).toBe(text);
  });

  it("that comes in pieces is cut as it is in one", () => {
    const log = `${ODOO}bad query: SELECT 'Jane\nDoe'\nERROR: relation "x" does not exist\n${NEXT}Traceback (most recent call last):\n  File "x"\nKeyError: 'Jane'\ndid: moved 4 files\n`;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: log.length })), (cuts) => {
        const places = [0, ...cuts, log.length].sort((a, b) => a - b);
        const cutter = new CustomerDataCutter();
        const pieces = places.map((place, at) => cutter.push(log.slice(place, places[at + 1] ?? log.length)));
        expect(pieces.join("") + cutter.end()).toBe(withoutCustomerData(log));
      }),
    );
    expect(withoutCustomerData(log)).toContain("did: moved 4 files");
  });

  it("that proves a signature still shows it", () => {
    const lost = realLogs("logs").filter(({ name, text }) => {
      const pattern = SIGNATURES.find(({ id }) => id === name)?.pattern;
      const shown = (log: string): boolean =>
        log.split("\n").some((line) => pattern?.test(line.replace(/^\d{4}-\d\d-\d\dT\S+Z /, "")));
      return shown(text) && !shown(withoutCustomerData(text));
    });
    expect(lost.map(({ name }) => name)).toEqual([]);
  });
});

describe("a value that Odoo cannot read", () => {
  const said = "ValueError: invalid literal for int() with base 10: 'two'\n";
  const traceback = (file: string): string =>
    `Traceback (most recent call last):\n  File "/usr/bin/odoo", line 8, in <module>\n    odoo.cli.main()\n  File "${file}", line 512, in parse\n    return int(value)\n`;

  it("stays where it is an option's, as its configuration reads it", () => {
    const log = traceback("/usr/lib/python3/dist-packages/odoo/tools/config.py") + said;
    expect(withoutCustomerData(log)).toBe(log);
  });

  it.each([
    traceback("/mnt/extra-addons/shop/models/order.py"),
    traceback("/mnt/extra-addons/odoo/tools/config.pyc"),
    `${traceback("/usr/lib/python3/dist-packages/odoo/tools/config.py")}KeyError: 'x'\n`,
    "",
  ])("is cut elsewhere: behind %j", (before) => {
    expect(withoutCustomerData(before + said)).not.toContain("two");
  });
});

describe("what is nobody's", () => {
  it.each([
    'ERROR: for odoo  Cannot create container: the name "/odoo" is in use\nmore\n',
    "2026-11-24 11:05:45,790 1 INFO ? odoo: Odoo version 14.0\n",
    "did: moved 4 files into /var/lib/odoo/odoo-recover/x\nundo: mv 'a' 'b'\n",
    '{"State": {"Error": "x"}, "n": 12345678}\n',
    "",
    "\n",
    "no end of line",
    "a\r\nb\r\n",
  ])("stays as it is: %j", (text) => {
    expect(withoutCustomerData(text)).toBe(text);
  });
});
