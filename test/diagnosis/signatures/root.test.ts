// Which signature is the root where several match, what no longer counts, and what a diagnosis takes from it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diagnose, isGood } from "../../../src/diagnosis/diagnosis.ts";
import { signatureInOutput, signaturesIn } from "../../../src/diagnosis/signatures/index.ts";
import { seen, unseen } from "../../../src/survey/survey.ts";
import {
  ago,
  answer,
  anySurvey,
  BAD_GATEWAY,
  db,
  diagnosisOf,
  host,
  logged,
  NO_WISHES,
  odoo,
  REFUSED,
  type Shop,
  stamp,
  survey,
  TIMED_OUT,
  units,
} from "../surveys.ts";
import { targetOf } from "./logs.ts";

const INTERNAL_ERROR = answer({ code: 500, body: "<h1>Internal Server Error</h1>" });
const failing: Shop = { direct: seen(INTERNAL_ERROR), proxy: seen(INTERNAL_ERROR) };
const LOGIN_GIVEN =
  '2024-05-02 02:59:50,131 1 INFO odoo werkzeug: 127.0.0.1 - - [02/May/2024 02:59:50] "GET /web/login HTTP/1.1" 200 - 195 0.1 0.3';
const HEALTH_GIVEN = LOGIN_GIVEN.replace("/web/login", "/web/health");
const SCRIPT_GIVEN = LOGIN_GIVEN.replace("/web/login", "/web/static/lib/owl/owl.js");
const IMPORT_FAILED =
  "Traceback (most recent call last):\nModuleNotFoundError: No module named 'phonenumbers' - - -";
const REGISTRY_FAILED =
  "2024-05-02 02:59:50,131 1 ERROR odoo odoo.modules.registry: Failed to load registry ";
const NO_SPACE = "OSError: [Errno 28] No space left on device: '/var/lib/odoo/sessions/x' - - -";
const REJECTED = 'psycopg2.OperationalError: FATAL:  password authentication failed for user "odoo"';
const NOT_INITIALISED =
  "2024-05-02 02:59:50,131 1 ERROR ? odoo.modules.loading: Database shop not initialized, you can force it with `-i base` ";
const TIME_LIMIT =
  "2024-05-02 02:59:50,131 1 WARNING odoo odoo.service.server: Thread <Thread(odoo.service.http.request.1)> virtual real time limit (151/120s) reached. ";
const nginxSays = (time: string, words: string) =>
  `2024/05/02 ${time} [error] 12#12: *1 ${words}, client: 203.0.113.7, server: shop.example, request: "GET /shop HTTP/1.1"`;
const UPSTREAM_REFUSED = "connect() failed (111: Connection refused) while connecting to upstream";

function found(shop: Shop) {
  const look = survey(shop);
  const { root, consequences } = signaturesIn(look, targetOf(look));
  return { root: root?.id, others: consequences.map(({ id }) => id), hit: root };
}

describe("the root", () => {
  it("lies in the lowest layer", () => {
    const log = [logged(60, IMPORT_FAILED), logged(40, NO_SPACE)].join("\n");
    expect(found({ log })).toMatchObject({ root: "no-space-left", others: ["module-import-failed"] });
    const dbLog = logged(30, '2024-05-02 02:59:30 UTC [9] FATAL:  role "odoo" does not exist');
    expect(found({ log: logged(60, IMPORT_FAILED), dbLog })).toMatchObject({ root: "postgres-role-missing" });
  });

  it("is no symptom where anything else was found, and is one where nothing else was", () => {
    const log = [logged(60, REGISTRY_FAILED), logged(59, IMPORT_FAILED)].join("\n");
    const nginxErrors = seen(nginxSays("02:59:30", UPSTREAM_REFUSED));
    expect(found({ log, nginxErrors })).toMatchObject({
      root: "module-import-failed",
      others: ["odoo-registry-failed", "nginx-upstream-refused"],
    });
    expect(found({ nginxErrors })).toMatchObject({ root: "nginx-upstream-refused", others: [] });
  });

  it("is within a layer what ended a process, however late it was said", () => {
    const manifest =
      'Traceback (most recent call last):\n  File "/usr/lib/python3/dist-packages/odoo/modules/module.py", line 310, in load_manifest';
    const library =
      'odoo.exceptions.UserError: Unable to install module "shop" because an external dependency is not met: x';
    const log = [logged(60, manifest), logged(59, IMPORT_FAILED), logged(58, library)].join("\n");
    expect(found({ log })).toMatchObject({
      root: "module-python-library-missing",
      others: ["module-manifest-invalid", "module-import-failed"],
    });
  });

  it("is told with when it was said first, and how often", () => {
    const log = [logged(100, IMPORT_FAILED), logged(60, IMPORT_FAILED), logged(5, IMPORT_FAILED)].join("\n");
    expect(found({ log }).hit).toMatchObject({
      at: ago(100),
      times: 3,
      where: "the log of odoo-ce-odoo-1",
      line: "ModuleNotFoundError: No module named 'phonenumbers'",
    });
  });
});

describe("what does not count", () => {
  it("is the end of a traceback whose beginning was cut off", () => {
    const torn = ["    return compile(source, filename, mode, flags,", "SyntaxError: invalid syntax - - -"];
    const whole = ["Traceback (most recent call last):", IMPORT_FAILED];
    const log = [...torn, ...whole].map((line, index) => logged(60 - index, line)).join("\n");
    expect(found({ log })).toMatchObject({ root: "module-import-failed", others: [] });
  });

  it("is what was said before the last start", () => {
    const log = logged(600, IMPORT_FAILED);
    expect(found({ log }).root).toBe("module-import-failed");
    const started = [odoo({ startedAt: stamp(500) }), db()];
    expect(found({ log, containers: started }).root).toBeUndefined();
    // Of one that falls again and again, the tries before count too.
    const falls = [odoo({ startedAt: stamp(500), restartCount: 4 }), db()];
    expect(found({ log: logged(560, IMPORT_FAILED), containers: falls }).root).toBe("module-import-failed");
  });

  it("is what Odoo said before it handed out a page again; a file or a health check is no page", () => {
    const then = (...lines: readonly string[]) =>
      lines.map((line, index) => logged(60 - index, line)).join("\n");
    expect(found({ log: then(IMPORT_FAILED, LOGIN_GIVEN) }).root).toBeUndefined();
    expect(found({ log: then(IMPORT_FAILED, HEALTH_GIVEN, SCRIPT_GIVEN) }).root).toBe("module-import-failed");
    expect(found({ log: then(LOGIN_GIVEN, IMPORT_FAILED) }).root).toBe("module-import-failed");
    // Which does not refute its limits.
    expect(found({ log: then(TIME_LIMIT, LOGIN_GIVEN) }).root).toBe("real-time-limit");
  });

  it("is what was not said lately, but for last words", () => {
    expect(found({ log: logged(60, REJECTED) }).root).toBe("odoo-password-rejected");
    expect(found({ log: logged(600, REJECTED) }).root).toBeUndefined();
    // Of a container that ended then, it is what was said last.
    const ended = odoo({ state: "exited", exitCode: 1, finishedAt: stamp(590) });
    expect(found({ log: logged(600, REJECTED), containers: [ended, db()] }).root).toBe(
      "odoo-password-rejected",
    );
    expect(found({ log: logged(600, TIME_LIMIT) }).root).toBe("real-time-limit");
    expect(found({ log: logged(1_000, TIME_LIMIT) }).root).toBeUndefined();
    const panic = logged(
      6_000,
      "2024-05-02 01:20:00 UTC [15] PANIC:  could not locate a valid checkpoint record",
    );
    expect(found({ dbLog: panic }).root).toBe("postgres-no-checkpoint");
  });

  it("is what was said of a database that was started since, and by it before it was ready", () => {
    const log = logged(60, REJECTED);
    expect(found({ log, containers: [odoo(), db({ startedAt: stamp(30) })] }).root).toBeUndefined();
    const starting = "2024-05-02 02:59:00 UTC [9] FATAL:  the database system is starting up";
    const ready = "2024-05-02 02:59:01 UTC [1] LOG:  database system is ready to accept connections";
    expect(found({ dbLog: logged(60, starting) }).root).toBe("postgres-starting");
    expect(found({ dbLog: [logged(60, starting), logged(59, ready)].join("\n") }).root).toBeUndefined();
  });

  it("is what nginx said before it was started, by the clock of the host", () => {
    const nginxErrors = seen(nginxSays("02:58:00", "no live upstreams while connecting to upstream"));
    expect(found({ nginxErrors }).root).toBe("nginx-no-live-upstreams");
    const fresh = units({ nginx: { upSince: ago(60) } });
    expect(found({ nginxErrors, units: fresh }).root).toBeUndefined();
    // In a zone two hours ahead the same words are of two hours ago.
    expect(found({ nginxErrors, host: seen(host({ zoneMinutes: 120 })) }).root).toBeUndefined();
    const journal = (zone: string) =>
      seen(
        `# journal\n2024-05-02T04:59:00${zone} shop nginx[9]: nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)`,
      );
    const down = units({ nginx: { active: "failed", downSince: ago(50) } });
    expect(found({ nginxErrors: journal("+0200"), units: down }).root).toBe("nginx-address-in-use");
    expect(found({ nginxErrors: journal("+0400"), units: down }).root).toBeUndefined();
  });

  it("is why Docker could not start a container that runs by now", () => {
    const error =
      "driver failed programming external connectivity: Bind for 127.0.0.1:8069 failed: port is already allocated";
    expect(found({ containers: [odoo({ error }), db()] }).root).toBeUndefined();
    const never = odoo({ state: "created", exitCode: 128, error });
    expect(found({ containers: [never, db()] }).root).toBe("port-already-allocated");
  });

  it("is a kill of long ago, unless it ended a container that does not run since", () => {
    const kills = [{ at: ago(3_600), what: "Memory cgroup out of memory: Killed process 612 (odoo)" }];
    const history = seen({ files: [], git: [], packages: [], gaveUp: [], kills });
    expect(found({ history }).root).toBeUndefined();
    const ended = odoo({ state: "exited", exitCode: 137, finishedAt: stamp(3_599) });
    expect(found({ history, containers: [ended, db()] }).root).toBe("container-out-of-memory");
  });
});

describe("a diagnosis", () => {
  it("says why, and what to do, where the rules leave it open", () => {
    const { cause, finding, advice } = diagnosisOf({ ...failing, log: logged(30, IMPORT_FAILED) });
    expect(cause).toBe("odoo-unhealthy");
    expect(finding).toContain("No module named 'phonenumbers'");
    expect(advice).toBe(
      "The code of a module imports something that is not there. Install the missing Python library into the image, or put the missing file back, then restart Odoo.",
    );
  });

  it("names the reason of what is only seen to be down", () => {
    const error =
      "driver failed programming external connectivity: Bind for 127.0.0.1:8069 failed: port is already allocated";
    const { cause, finding, advice, ladder } = diagnosisOf({
      containers: [odoo({ state: "created", exitCode: 128, error }), db()],
      direct: seen(REFUSED),
      proxy: seen(BAD_GATEWAY),
    });
    expect(cause).toBe("odoo-stopped");
    expect(finding).toMatch(/is created: another program or container holds the port/);
    expect(advice).toContain("ss -lntp");
    expect(ladder).toEqual(["start-stack"]);
  });

  it("keeps advice that the rules have, and a finding that a signature does not fit", () => {
    const full = diagnosisOf({ ...failing, log: logged(30, REJECTED) });
    expect(full).toMatchObject({ cause: "database-unreachable" });
    expect(full.advice).toMatch(/restarting changes none of them/);
    const frozen = diagnosisOf({
      direct: seen(TIMED_OUT),
      proxy: seen(TIMED_OUT),
      log: logged(30, IMPORT_FAILED),
    });
    expect(frozen).toMatchObject({ cause: "odoo-frozen", advice: "" });
    expect(frozen.signatures.root?.id).toBe("module-import-failed");
  });

  it("rules out what certainly cannot help, and says so; else it still restarts first, then looks why", () => {
    const empty = diagnosisOf({ ...failing, log: logged(30, NOT_INITIALISED) });
    expect(empty).toMatchObject({ cause: "odoo-unhealthy", ladder: [] });
    expect(empty.ruledOut).toContainEqual({
      remedy: "restart-odoo",
      why: "the database holds no Odoo, and would not after a restart",
    });
    expect(diagnosisOf({ ...failing, log: logged(30, IMPORT_FAILED) }).ladder).toEqual(["restart-odoo"]);
    expect(diagnosisOf({ ...failing, log: logged(30, IMPORT_FAILED) }, ["restart-odoo"]).ladder).toEqual([
      "boot-check",
    ]);
  });

  it("runs no boot check of an image that cannot run on this host", () => {
    const loops = odoo({ state: "restarting", restartCount: 5, exitCode: 1, startedAt: stamp(3) });
    const shop: Shop = { containers: [loops, db()], direct: seen(REFUSED), proxy: seen(BAD_GATEWAY) };
    const other = diagnosisOf({ ...shop, log: logged(2, "licence check failed") });
    expect(other).toMatchObject({ cause: "odoo-crash-loop", ladder: ["boot-check"] });
    const image = diagnosisOf({ ...shop, log: logged(2, "exec /entrypoint.sh: exec format error") });
    expect(image).toMatchObject({ cause: "odoo-crash-loop", ladder: [] });
    expect(image.advice).toContain("uname -m");
  });

  it("tells on a good site what will hurt later, and nothing of what is over", () => {
    const skipping =
      "2024-05-02 02:59:50,131 1 WARNING odoo odoo.addons.base.models.ir_cron: Skipping database odoo because of modules to install/upgrade/remove. ";
    const { cause, warnings, signatures } = diagnosisOf({
      log: [logged(60, skipping), logged(30, NO_SPACE), logged(20, LOGIN_GIVEN)].join("\n"),
    });
    expect({ cause, root: signatures.root }).toEqual({ cause: "healthy", root: undefined });
    expect(warnings).toEqual([
      "the log of odoo-ce-odoo-1: no scheduled job runs (no mail goes out), for modules are left half-way in an installation or an update (Skipping database odoo because of modules to install/upgrade/remove)",
    ]);
  });

  it("tells without a target what Docker itself says", () => {
    const why =
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";
    const look = survey({ proxy: seen(BAD_GATEWAY) });
    const denied = { ...look, containers: unseen(why) };
    expect(signaturesIn(denied, undefined).root?.id).toBe("docker-socket-denied");
  });

  it("has a root only where something is bad, or was bad lately, whatever the survey", () => {
    fc.assert(
      fc.property(anySurvey, (look) => {
        const found = diagnose(look, NO_WISHES);
        if (!isGood(found) || found.cause === "intermittent") return;
        expect(found.signatures.root).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

describe("the output of a step", () => {
  it("tells why it failed, as far as Docker says so", () => {
    const output =
      " Container odoo-ce-odoo-1  Creating\nError response from daemon: no such image: odoo:99: No such image: odoo:99\n";
    expect(signatureInOutput(output)).toMatchObject({ id: "image-missing", line: "No such image: odoo:99" });
    expect(signatureInOutput(" Container odoo-ce-odoo-1  Started\n")).toBeUndefined();
  });
});
