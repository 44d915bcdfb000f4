// The evidence, as its program is sent, run by the real sh of this machine among stand-ins for docker, nginx and journalctl:
// what is kept, what is kept out of it, and what happens when a part fails, hangs, or prints without end.

import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Captured, captureEvidence, type EvidenceSubject } from "../../src/evidence/capture.ts";
import { localTransport } from "../../src/host/local.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import { openHost, temporaryDirectory } from "../support/hosts.ts";

const TOOLS = "sh timeout id cat cut head tail sed grep sort sleep ps".split(" ");
const SHOP: EvidenceSubject = {
  name: "shop",
  directory: "/opt/shop",
  files: ["/opt/shop/a.yml", "/opt/shop/b.yml"],
  environmentFiles: ["/opt/shop/.env"],
};

let home: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  home = temporaryDirectory();
  mkdirSync(join(home.path, "bin"));
  mkdirSync(join(home.path, "data"));
  const places = `${process.env.PATH}${delimiter}/usr/bin${delimiter}/bin`.split(delimiter);
  for (const tool of TOOLS) {
    const place = places.map((folder) => join(folder, tool)).find((file) => existsSync(file));
    if (place !== undefined) symlinkSync(place, join(home.path, "bin", tool));
  }
  command("id", "echo 0");
  command(
    "nginx",
    `printf '# configuration file /etc/nginx/nginx.conf:\\nerror_log ${home.path}/data/error.log warn;\\nproxy_set_header Authorization "Basic Q0FOQVJZ";\\n'`,
  );
  writeFileSync(
    join(home.path, "data", "error.log"),
    '2026/11/24 02:47:13 [error] upstream timed out, request: "GET /x?access_token=CANARY-1 HTTP/1.1"\n',
  );
  command("journalctl", 'echo "journal $2"');
  docker("");
});
afterEach(() => home[Symbol.dispose]());

function command(name: string, text: string): void {
  const file = join(home.path, "bin", name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

const LOG = `2026-11-24T11:19:19.960000000Z rest of a query with CANARY-2
2026-11-24T11:19:19.960000000Z 2026-11-24 11:19:19,960 1 ERROR odoo odoo.sql_db: bad query: INSERT INTO res_partner (name) VALUES ('CANARY-3
2026-11-24T11:19:19.960000000Z CANARY-4')
2026-11-24T11:19:19.960000000Z ERROR: null value in column "login" of relation "res_users" violates not-null constraint
2026-11-24T11:19:19.960000000Z DETAIL:  Failing row contains (CANARY-5).
2026-11-24T11:19:19.960000000Z
2026-11-24T11:19:20.960000000Z 2026-11-24 11:19:20,960 1 INFO odoo odoo: HTTP service (werkzeug) running on odoo:8069
`;

/** @param more cases in front of those of a Docker that is well */
function docker(more: string): void {
  writeFileSync(join(home.path, "data", "odoo.log"), LOG);
  command(
    "docker",
    `case $* in
${more}
  version*) ;;
  'ps --all --no-trunc') echo 'shop-odoo-1 odoo:14 "odoo --db_password odoo --db_user odoo"' ;;
  'ps --all --quiet --filter label=com.docker.compose.project=shop') printf 'aaa111\\nbbb222\\n' ;;
  *'--format'*'aaa111') echo 'true odoo:14 /shop-odoo-1' ;;
  *'--format'*'bbb222') echo 'true nginx:1.27 /shop-proxy-1' ;;
  'inspect --type container '*) echo '[{"Config": {"Env": ["HOST=db", "USER=odoo", "PASSWORD=odoo", "SMTP_KEYS=correct horse"]}}]' ;;
  'logs --timestamps --tail 20000 aaa111') cat ${home.path}/data/odoo.log >&2 ;;
  'logs --timestamps --tail 20000 bbb222') echo 'nginx says hello' ;;
  'exec bbb222 timeout 10 nginx -T') echo 'server in the container' ;;
  'compose --file /opt/shop/a.yml --file /opt/shop/b.yml --env-file /opt/shop/.env --project-name shop --project-directory /opt/shop config --format json')
    echo '{"services": {"odoo": {"environment": {"PASSWORD": "odoo", "USER": "odoo"}, "command": ["odoo", "-w", "odoo"]}}}' ;;
  *) echo "unknown: $*" >&2; exit 3 ;;
esac`,
  );
}

async function capture(
  project: EvidenceSubject | "not known" = SHOP,
): Promise<Captured & { texts: ReadonlyMap<string, string>; seconds: number }> {
  const local = localTransport();
  const { host } = await openHost(async () => ({
    ...local,
    exec: (line, options) =>
      local.exec(line, {
        ...options,
        stdin: String(options.stdin).replace(/^PATH="\$PATH:.*$/m, `PATH=${join(home.path, "bin")}`),
      }),
  }));
  const texts = new Map<string, string>();
  const redactor = new Redactor();
  redactor.learn(["odoo", "correct horse"], ["odoo"]);
  const began = performance.now();
  const store = { write: (name: string, text: string) => void texts.set(name, text) };
  const captured = await captureEvidence(
    host,
    project === "not known" ? undefined : project,
    "before",
    redactor,
    store,
  );
  await host.close();
  return { ...captured, texts, seconds: (performance.now() - began) / 1000 };
}

describe("the evidence", () => {
  it("holds every service's log and state, Compose's and nginx's configuration and errors, the journals, the processes", async () => {
    const { files, texts } = await capture();
    expect([...texts.keys()].sort()).toEqual(
      [
        ..."ps.txt compose.json nginx.txt nginx-errors.txt journal-docker.txt journal-nginx.txt processes.txt".split(
          " ",
        ),
        ..."shop-odoo-1.inspect.json shop-odoo-1.log".split(" "),
        ..."shop-proxy-1.inspect.json shop-proxy-1.log shop-proxy-1.nginx.txt".split(" "),
      ]
        .map((name) => `before/${name}`)
        .sort(),
    );
    expect(files.map(({ name, bytes }) => [name, bytes])).toEqual(
      [...texts].map(([name, text]) => [name, Buffer.byteLength(text)]),
    );
    expect(texts.get("before/shop-odoo-1.log")).toContain("HTTP service (werkzeug) running on odoo:8069");
    expect(texts.get("before/shop-odoo-1.log")).toContain('column "login" of relation "res_users"');
    expect(texts.get("before/nginx.txt")).toContain("error_log");
    expect(texts.get("before/nginx-errors.txt")).toContain("upstream timed out");
    expect(texts.get("before/shop-proxy-1.nginx.txt")).toContain("server in the container");
    expect(texts.get("before/shop-proxy-1.log")).toContain("nginx says hello");
    const compose = JSON.parse(texts.get("before/compose.json") ?? "");
    expect(compose.services.odoo.environment).toEqual({ PASSWORD: "***", USER: "odoo" });
    const inspected = JSON.parse(texts.get("before/shop-odoo-1.inspect.json") ?? "");
    expect(inspected[0].Config.Env).toEqual(["HOST=db", "USER=odoo", "PASSWORD=***", "SMTP_KEYS=***"]);
    expect(texts.get("before/ps.txt")).toContain("--db_password *** --db_user odoo");
  });

  it("holds no secret and no customer's data", async () => {
    for (const [name, text] of (await capture()).texts) {
      expect(text, name).not.toMatch(/CANARY-\d|Q0FOQVJZ|correct horse/);
      expect(text, name).not.toMatch(/password["=: ]+odoo|"-w", "odoo"/i);
    }
  });

  it("says of each part that failed that it did, and goes on", async () => {
    docker(`  'compose '*) echo 'yaml: line 3: mapping values' >&2; exit 15 ;;
  'logs --timestamps --tail 20000 aaa111') echo 'no such log'; exit 1 ;;`);
    command("nginx", "echo 'permission denied' >&2; exit 1");
    const { texts } = await capture();
    expect(texts.get("before/compose.json")).toMatch(/mapping values\n\n\(not whole: status 15\)/);
    expect(texts.get("before/shop-odoo-1.log")).toMatch(/no such log\n\n\(not whole: status 1\)/);
    expect(texts.get("before/nginx.txt")).toMatch(/permission denied\n\n\(not whole: status 1\)/);
    expect(texts.get("before/nginx-errors.txt")).toContain("# /var/log/nginx/error.log\n");
    expect(texts.get("before/shop-proxy-1.log")).toContain("nginx says hello");
  });

  it("is there without Docker's part, where Docker is not there", async () => {
    docker("  *) echo 'Cannot connect to the Docker daemon' >&2; exit 1 ;;");
    const { texts } = await capture();
    expect(texts.get("before/ps.txt")).toMatch(
      /Cannot connect to the Docker daemon\n\n\(not whole: status 1\)/,
    );
    expect(texts.get("before/journal-docker.txt")).toContain("journal docker");
  });

  it("asks a Docker that hangs no second time", async () => {
    docker("  'ps --all --no-trunc') sleep 60 ;;");
    const { texts, seconds } = await capture();
    expect(texts.get("before/ps.txt")).toContain("(no answer in time)");
    expect([...texts.keys()].some((name) => name.endsWith(".log"))).toBe(false);
    expect(texts.get("before/nginx.txt")).toContain("error_log");
    expect(seconds).toBeLessThan(25);
  });

  it("keeps of each log the end, and is bounded whatever is printed", async () => {
    docker(
      `  'logs --timestamps --tail 20000 bbb222') i=0; while [ $i -lt 60000 ]; do echo "line $i ${"x".repeat(80)}"; i=$((i+1)); done ;;`,
    );
    const log = (await capture()).texts.get("before/shop-proxy-1.log") ?? "";
    expect(log.length).toBeLessThanOrEqual(4_000_000);
    expect(log).toContain("line 59999 ");
    expect(log).not.toContain("line 0 ");
  });

  it("says so where the project is not known", async () => {
    const { texts } = await capture("not known");
    expect(texts.get("before/compose.json")).toBe("(the project is not known)\n");
    expect([...texts.keys()].some((name) => name.endsWith(".log"))).toBe(false);
    expect(texts.get("before/ps.txt")).toContain("shop-odoo-1");
  });
});
