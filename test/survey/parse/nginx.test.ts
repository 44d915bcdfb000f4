// nginx's configuration as nginx itself prints it, its logs by the minute.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseAccessLogs,
  parseNginx,
  parseNginxErrors,
  upstreamsOf,
} from "../../../src/survey/parse/nginx.ts";
import { unseen } from "../../../src/survey/survey.ts";
import { cpuTime } from "../../support/cpu-time.ts";
import { part } from "../part.ts";

const file = (name: string, text: string): string => `# configuration file ${name}:\n${text}\n`;
const site = (text: string): string =>
  file("/etc/nginx/nginx.conf", "http {\n    include conf.d/*;\n}") +
  file("/etc/nginx/conf.d/odoo.conf", text);
const targets = (dump: string): string[] => upstreamsOf(dump).map(({ target }) => target);

describe("nginx", () => {
  it("whose test failed is invalid, in its own words", () => {
    const said =
      'nginx: [emerg] unexpected "}" in /etc/nginx/conf.d/odoo.conf:12\nnginx: configuration file /etc/nginx/nginx.conf test failed\n';
    expect(parseNginx([part("test", "1", said)])).toEqual({
      observed: true,
      value: { valid: false, said: said.trim(), upstreams: [] },
    });
  });

  it.each(["", "Segmentation fault\n", "sudo: a password is required\n"])(
    "is not called invalid for what something else said: %j",
    (said) => {
      expect(parseNginx([part("test", "1", said)])).toEqual(
        unseen(said.trim() || "nginx -t printed nothing"),
      );
    },
  );

  it("that was never asked is not observed", () => {
    expect(parseNginx([])).toEqual(unseen("nginx could not be asked"));
  });
});

describe("where nginx sends requests", () => {
  it("is what proxy_pass says, with the place where it is said", () => {
    expect(
      upstreamsOf(
        site(`# the shop
server {
    listen 80;
    server_name erp.example.com www.example.com;
    location / {
        proxy_pass http://127.0.0.1:8069;
    }
    location ~ ^/(longpolling|websocket) { proxy_pass http://127.0.0.1:8072; }
}`),
      ),
    ).toEqual([
      {
        target: "127.0.0.1:8069",
        at: { file: "/etc/nginx/conf.d/odoo.conf", line: 6, text: "proxy_pass http://127.0.0.1:8069;" },
        serverNames: ["erp.example.com", "www.example.com"],
        location: "/",
      },
      {
        target: "127.0.0.1:8072",
        at: {
          file: "/etc/nginx/conf.d/odoo.conf",
          line: 8,
          text: "location ~ ^/(longpolling|websocket) { proxy_pass http://127.0.0.1:8072; }",
        },
        serverNames: ["erp.example.com", "www.example.com"],
        location: "~ ^/(longpolling|websocket)",
      },
    ]);
  });

  it("is every server of a named upstream, at the line of that server", () => {
    const found = upstreamsOf(
      site(`upstream odoo {
  server 10.0.0.1:8069 weight=2;
  server unix:/run/odoo.sock;
  server shop-odoo:8069 backup;
}
server { location / { proxy_pass http://odoo; } }`),
    );
    expect(found.map(({ target, at }) => [target, at.line])).toEqual([
      ["10.0.0.1:8069", 2],
      ["unix:/run/odoo.sock", 3],
      ["shop-odoo:8069", 4],
    ]);
  });

  it("has the scheme's port where none is named, and is left alone where a variable decides", () => {
    expect(targets(site("server { location / { proxy_pass http://odoo.internal/; } }"))).toEqual([
      "odoo.internal:80",
    ]);
    expect(targets(site("server { location / { proxy_pass https://odoo.internal; } }"))).toEqual([
      "odoo.internal:443",
    ]);
    expect(targets(site("server { location / { proxy_pass http://$backend; } }"))).toEqual(["$backend"]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of nginx
    expect(targets(site("server { location / { proxy_pass http://${backend}:8069; } }"))).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of nginx
      "${backend}:8069",
    ]);
  });

  it("is not what stands in a comment, in a quoted word or in another directive", () => {
    const dump = site(`server {
  # location / { proxy_pass http://127.0.0.1:1; }
  add_header X "proxy_pass http://127.0.0.1:2; }";
  add_header Y 'it\\'s { proxy_pass http://127.0.0.1:3; ';
  location / { if ($a ~ "}") { proxy_pass http://127.0.0.1:4; } }
}
stream { server { proxy_pass 127.0.0.1:5; } }`);
    expect(targets(dump)).toEqual(["127.0.0.1:4"]);
  });

  it("is found in servers inside of `http` and in files of their own, with quoted names", () => {
    const dump =
      file(
        "/etc/nginx/nginx.conf",
        'http {\n  server {\n    server_name "a.example";\n    location / { proxy_pass "http://1.1.1.1:1"; }\n  }\n}',
      ) +
      file(
        "/etc/nginx/b.conf",
        "server { server_name b.example; location /b { location /b/c { proxy_pass http://2.2.2.2:2; } } }",
      );
    expect(upstreamsOf(dump)).toMatchObject([
      { target: "1.1.1.1:1", serverNames: ["a.example"], location: "/" },
      { target: "2.2.2.2:2", serverNames: ["b.example"], location: "/b/c" },
    ]);
  });

  it("keeps its line numbers behind words that go over several lines", () => {
    const dump = site(`server {
  log_by "first
second
third";
  location / {
    proxy_pass
      http://127.0.0.1:8069;
  }
}`);
    expect(upstreamsOf(dump)[0]?.at).toMatchObject({ line: 6, text: "proxy_pass" });
  });

  it("is read without a throw and without a hang, however the text is broken", () => {
    const piece = fc.constantFrom(
      "server",
      "{",
      "}",
      ";",
      " ",
      "\n",
      '"',
      "'",
      "\\",
      "#",
      "$",
      "${",
      "location",
      "proxy_pass",
      "http://a:1",
      "upstream",
      "x",
      "# configuration file /a:\n",
      "\0",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        for (const { target, at } of upstreamsOf(file("/a", pieces.join("")))) {
          expect(typeof target).toBe("string");
          expect(at.line).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 2_000 },
    );
    const took = cpuTime(() => {
      upstreamsOf(file("/a", "\\".repeat(200_000)));
      upstreamsOf(file("/a", '"'.repeat(200_001)));
      expect(() => upstreamsOf(file("/a", "server {".repeat(500)))).toThrow(RangeError);
      expect(() => upstreamsOf(file("/a", "a ".repeat(400_000)))).toThrow(RangeError);
    }, 3_000);
    expect(took).toBeLessThan(3_000);
  });
});

describe("an access log", () => {
  const log = (body: string) => parseAccessLogs([part("access", "/var/log/nginx/access.log", body)]);

  it.each([
    ["24/Nov/2026:02:47:13 +0000", Date.UTC(2026, 10, 24, 2, 47, 13)],
    ["24/Nov/2026:02:47:13 +0530", Date.UTC(2026, 10, 23, 21, 17, 13)],
    ["01/Jan/2027:00:00:00 -0500", Date.UTC(2027, 0, 1, 5)],
  ])("that says %s means that moment", (time, badSince) => {
    expect(log(`firstbad=${time}\nlines=1\nknown=1\n`)).toMatchObject({ value: [{ badSince }] });
  });

  it("that ends well is not bad since any time", () => {
    expect(log("firstbad=\nlastgood=24/Nov/2026:02:47:13 +0000\nlines=1\nknown=1\n")).toMatchObject({
      value: [{ badSince: undefined, lastGood: Date.UTC(2026, 10, 24, 2, 47, 13) }],
    });
  });

  it("in a form that is not known says nothing, and beside one that is, only that one counts", () => {
    expect(log("first=\nlast=\nlines=100\nknown=0\n").observed).toBe(false);
    expect(log("awk: syntax error\n").observed).toBe(false);
    const both = parseAccessLogs([
      part("access", "/a.json", "lines=100\nknown=0\n"),
      part("access", "/b.log", "lines=100\nknown=99\n"),
    ]);
    expect(both).toMatchObject({ observed: true, value: [{ file: "/b.log", minutes: [] }] });
  });

  it("leaves out minutes that cannot be read", () => {
    const body =
      "lines=1\nknown=1\nminute 24/Nov/2026:02:47:00 +0000 5 2 1\nminute 24/Foo/2026:02:47:00 +0000 5 2 1\nminute x\n";
    expect(log(body)).toMatchObject({
      value: [{ minutes: [{ at: Date.UTC(2026, 10, 24, 2, 47), total: 5, bad: 2, flips: 1 }] }],
    });
  });
});

describe("nginx's error logs", () => {
  it("stand under their names, without what terminals obey", () => {
    expect(
      parseNginxErrors([
        part("errors", "/var/log/nginx/error.log", "\x1b[31ma\x1b[0m\n"),
        part("journal", "", "b\n"),
      ]),
    ).toBe("# /var/log/nginx/error.log\na\n# journal\nb");
  });
});
