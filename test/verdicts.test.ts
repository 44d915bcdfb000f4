// How a run ends, in words: the status, what a woken person reads first, and what they must do next.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diagnose, isGood } from "../src/diagnosis/diagnosis.ts";
import { RISK } from "../src/diagnosis/risk.ts";
import { HostError, InputError, RefusedError } from "../src/errors.ts";
import { seen, unseen } from "../src/survey/survey.ts";
import {
  fellBack,
  good,
  mended,
  otherScenario,
  planned,
  recovered,
  STATUS_OF_PROBLEM,
  unhealthy,
  verdictOn,
  waitedInVain,
  whatRecoverWouldDo,
} from "../src/verdicts.ts";
import type { Verified } from "../src/verify.ts";
import {
  anySurvey,
  BAD_GATEWAY,
  brokenNginx,
  database,
  db,
  diagnosisOf,
  NO_WISHES,
  odoo,
  PROCESSES,
  process,
  project,
  publicProbe,
  REFUSED,
  type Shop,
  stamp,
} from "./diagnosis/surveys.ts";

const proxy = seen(BAD_GATEWAY);
const stopped: Shop = {
  containers: [odoo({ state: "exited", pid: 0, finishedAt: stamp(767) }), db()],
  proxy,
};
const busy: Shop = { ...stopped, processes: seen([...PROCESSES, process("docker compose pull odoo")]) };
const recovering: Shop = {
  ...stopped,
  databases: database(unseen("psql: error: FATAL:  the database system is in recovery mode")),
};
const DRIFTED = { containers: [odoo({ configHash: "older" }), db()] };
const DRIFT = "Look at the drift below before anyone recreates the containers; we applied none of it.";

describe("a good site", () => {
  it("is healthy, with nothing to do", () => {
    expect(good(diagnosisOf())).toEqual({
      status: "healthy",
      headline: "Every layer is good; nothing was changed",
      detail: "",
      next: "",
    });
    expect(good(diagnosisOf(), "The site came back by itself").headline).toBe(
      "The site came back by itself; nothing was changed",
    );
  });

  it("is healthy with what is worth a look, and with drift that breaks nothing", () => {
    const verdict = good(diagnosisOf({ ...DRIFTED, clockSkew: 90 }));
    expect(verdict).toMatchObject({ status: "healthy", next: DRIFT });
    expect(verdict.detail).toBe("Worth a look: the host's clock is 90 s ahead of ours");
  });

  it("is degraded when the next restart of nginx would fail", () => {
    const verdict = good(diagnosisOf({ nginx: brokenNginx }));
    expect(verdict.status).toBe("degraded");
    expect(verdict.headline).toMatch(/^People can work, but nginx runs with an older configuration/);
    expect(verdict.next).toContain("nginx -t");
  });

  it("is degraded when the next `docker compose up` would fail", () => {
    const verdict = good(diagnosisOf({ projects: [project({ services: unseen("yaml: line 3") })] }));
    expect(verdict.status).toBe("degraded");
    expect(verdict.headline).toMatch(/^People can work, but odoo-ce: the compose files cannot be read/);
    expect(verdict.next).toBe(DRIFT);
  });

  it("is degraded when it was bad again and again lately", () => {
    const containers = [odoo({ restartCount: 3, startedAt: stamp(120) }), db()];
    expect(good(diagnosisOf({ containers }))).toMatchObject({
      status: "degraded",
      headline: "People can work, but Docker restarted Odoo 3 times by itself, last 2 min ago",
    });
  });
});

describe("a bad site", () => {
  it("is unhealthy, and its first line says since when and why", () => {
    const verdict = unhealthy(diagnosisOf(stopped), "Do this.");
    expect(verdict).toMatchObject({ status: "unhealthy", next: "Do this." });
    expect(verdict.headline).toBe(
      "Down since 02:47:13 UTC: the Odoo container odoo-ce-odoo-1 exited with status 0",
    );
    expect(verdict.detail.split("\n")).toEqual([
      "odoo: odoo-ce-odoo-1 exited with status 0",
      "direct: no Odoo runs that could answer",
      "proxy: 502 in 0.12 s",
    ]);
  });

  it("says what was tried in vain, and not of the boot check that it mended nothing", () => {
    const tried = ["start-stack", "restart-odoo", "boot-check"] as const;
    expect(unhealthy(diagnosisOf(stopped), "", tried).headline).toMatch(
      /; start-stack, then restart-odoo did not mend it$/,
    );
    expect(unhealthy(diagnosisOf(stopped), "", ["boot-check"]).headline).toMatch(/exited with status 0$/);
  });

  it("is degraded where people can work all the same: what the public gets decides, then the proxy", () => {
    const inner = { direct: seen(REFUSED) };
    expect(unhealthy(diagnosisOf(inner), "").status).toBe("degraded");
    expect(unhealthy(diagnosisOf({ ...inner, proxy, public: seen(publicProbe()) }), "").status).toBe(
      "degraded",
    );
    const outside = seen(publicProbe({ answer: BAD_GATEWAY }));
    expect(unhealthy(diagnosisOf({ public: outside }), "").status).toBe("unhealthy");
    // A public side that nobody could look at decides nothing.
    expect(unhealthy(diagnosisOf({ ...inner, public: unseen("no network") }), "").status).toBe("degraded");
  });

  it("is unknown where nothing that was seen is bad, and it was not seen whether people can work", () => {
    const blind = { direct: unseen("gone"), proxy: unseen("gone"), databases: unseen("gone") };
    const verdict = unhealthy(diagnosisOf(blind), "");
    expect(verdict.status).toBe("unknown");
    expect(verdict.headline).toMatch(/^Whether the site is up is not known: what could be seen is good/);
  });

  it("is refused where the target is ambiguous", () => {
    const verdict = unhealthy(
      diagnosisOf({
        containers: [odoo(), odoo({ project: "staging" })],
        projects: [project(), project({ name: "staging", directory: "/srv/staging" })],
      }),
      "Name one.",
    );
    expect(verdict).toMatchObject({ status: "refused", next: "Name one." });
    expect(verdict.detail).toContain("/srv/staging");
  });
});

describe("a cause of the scenario that was not asked for", () => {
  it("is refused: what was found, what was asked for, and what to set", () => {
    expect(otherScenario(diagnosisOf(stopped), "500")).toEqual({
      status: "refused",
      headline:
        "Down since 02:47:13 UTC: the Odoo container odoo-ce-odoo-1 exited with status 0. That is odoo-stopped, of scenario 502, and `scenario: 500` was asked for; nothing was changed",
      detail: expect.stringContaining("odoo: odoo-ce-odoo-1 exited with status 0"),
      next: "Run again with `scenario: auto`, or with `scenario: 502`.",
    });
  });

  it("is not said to have changed nothing where something was tried before it showed", () => {
    const { headline } = otherScenario(diagnosisOf(stopped), "500", ["start-db"]);
    expect(headline).toContain("exited with status 0; start-db did not mend it. That is odoo-stopped");
    expect(headline).not.toContain("nothing was changed");
  });

  it("does not call a site down on which people can work", () => {
    const inner = diagnosisOf({ direct: seen(REFUSED) });
    expect(otherScenario(inner, "500").headline).toMatch(/^People can work, but something is wrong: /);
  });
});

describe("a plan", () => {
  it("says what is wrong, that nothing was changed, and how to have just that done", () => {
    const approval = {
      approve: "4f1c0a9be27d6683-20240502T0300Z",
      until: "2024-05-02T03:30:00.000Z",
      inputs: [["ceiling", "wipe"]] as const,
    };
    const verdict = planned(diagnosisOf(stopped), approval);
    expect(verdict.status).toBe("planned");
    expect(verdict.headline).toMatch(/^Down since 02:47:13 UTC: .*Nothing was changed: this was a plan$/);
    expect(verdict.next).toBe(
      "To run this plan (start-stack) and nothing else, run again with `mode: recover`, `ceiling: wipe`, `approve: 4f1c0a9be27d6683-20240502T0300Z`, good until 03:30 UTC.",
    );
    expect(planned(diagnosisOf(busy), undefined).next).toMatch(/^Wait\./);
  });

  it("says that one would wait for somebody's work, and gives advice where nothing would be done", () => {
    expect(whatRecoverWouldDo(diagnosisOf(busy))).toMatch(/^Wait\./);
    expect(whatRecoverWouldDo(diagnosisOf(recovering))).toMatch(/^Wait\./);
    const outside = diagnosisOf({ public: seen(publicProbe({ answer: BAD_GATEWAY })) });
    expect(whatRecoverWouldDo(outside)).toBe(outside.advice);
  });

  it("says what recover would begin with, and that it must be approved where its class needs that", () => {
    expect(whatRecoverWouldDo(diagnosisOf(stopped))).toMatch(
      /^Run again with `mode: recover`: it would begin with start-stack, which starts /,
    );
    expect(whatRecoverWouldDo(diagnosisOf(stopped), { ...RISK, "start-stack": "wipe" })).toMatch(
      /^The next step is start-stack, .* Run with `mode: plan`, read it, then `mode: recover` with the `approve` /,
    );
  });
});

describe("a site that was brought back", () => {
  it("is recovered, and its first line says since when it was down, why, and what was done", () => {
    const verdict = recovered(diagnosisOf(stopped), ["start-stack", "restart-odoo"], diagnosisOf());
    expect(verdict).toEqual({
      status: "recovered",
      headline:
        "The site is back. It was down since 02:47:13 UTC. Found: the Odoo container odoo-ce-odoo-1 exited with status 0. Done: start-stack, then restart-odoo",
      detail: "",
      next: "",
    });
  });

  it("from a want of memory is so until it happens again, with what would last", () => {
    const killed = {
      ...stopped,
      containers: [odoo({ state: "exited", oomKilled: true, exitCode: 137 }), db()],
    };
    const verdict = recovered(diagnosisOf(killed), ["start-stack"], diagnosisOf(DRIFTED));
    expect(verdict.headline).toMatch(/^The site is back, until it happens again\./);
    expect(verdict.next).toMatch(/^Give it more memory .* Look at the drift below/);
  });

  it("and fell again is unhealthy, with what was seen at first and then", () => {
    const now = diagnosisOf(stopped);
    const watched: Verified = { good: false, diagnosis: now, passes: 0, why: "was bad after 12 s" };
    expect(fellBack(diagnosisOf(stopped), ["start-stack"], watched)).toMatchObject({
      status: "unhealthy",
      headline: "The site came back after start-stack and fell again",
      detail: expect.stringMatching(/^At first the Odoo container .*\nThen it was bad after 12 s\.$/),
    });
  });
});

describe("a wait in vain", () => {
  it("for somebody at work is a refusal: they are never interrupted", () => {
    const verdict = waitedInVain(diagnosisOf(busy), 600_000);
    expect(verdict.status).toBe("refused");
    expect(verdict.headline).toBe(
      "We must not act, after 10 min of waiting: `docker compose pull` is under way, and the site is not good meanwhile",
    );
    expect(verdict.next).toContain("never interrupted");
  });

  it("for a database that recovers is an unhealthy site", () => {
    const verdict = waitedInVain(diagnosisOf(recovering), 10_000);
    expect(verdict.status).toBe("unhealthy");
    expect(verdict.headline).toMatch(/^The site is down after 1 min of waiting: PostgreSQL in odoo-ce-db-1/);
    expect(verdict.next).toContain("Give it time");
  });
});

describe("an error", () => {
  it("of an input, or a refusal, is refused in its own words", () => {
    expect(verdictOn(new InputError(["`host` is missing"]))).toMatchObject({
      status: "refused",
      headline: "`host` is missing",
      next: expect.stringContaining("with:"),
    });
    expect(verdictOn(new RefusedError("Held", { detail: "by run 7", advice: "Wait." }))).toEqual({
      status: "refused",
      headline: "Held",
      detail: "by run 7",
      next: "Wait.",
    });
  });

  it.each(Object.entries(STATUS_OF_PROBLEM))("of a host that is %s is %s", (problem, status) => {
    const error = new HostError(problem as keyof typeof STATUS_OF_PROBLEM, "No host", { advice: "Look." });
    expect(verdictOn(error)).toEqual({ status, headline: "No host", detail: "", next: "Look." });
  });

  it("of ours is unknown, and says whose it is", () => {
    const verdict = verdictOn(new TypeError("x is not a function"));
    expect(verdict).toMatchObject({
      status: "unknown",
      headline: "Odoo Recover itself failed: x is not a function",
    });
    expect(verdict.detail).toContain("verdicts.test.ts");
    expect(verdictOn("thrown text").headline).toBe("Odoo Recover itself failed: thrown text");
  });

  it("after a person stopped the run is that, but a refusal stays one", () => {
    const gone = AbortSignal.abort();
    expect(verdictOn(new HostError("lost", "gone"), gone).status).toBe("cancelled");
    expect(verdictOn(new Error("aborted"), gone).status).toBe("cancelled");
    expect(verdictOn(new RefusedError("Held"), gone).status).toBe("refused");
    expect(verdictOn(new HostError("lost", "gone"), new AbortController().signal).status).toBe("unknown");
  });
});

describe("whatever a host shows", () => {
  it("no verdict on a site that is not good calls it healthy or recovered, and each says something", () => {
    fc.assert(
      fc.property(anySurvey, (look) => {
        const diagnosis = diagnose(look, NO_WISHES);
        const verdict = isGood(diagnosis) ? good(diagnosis) : unhealthy(diagnosis, diagnosis.advice);
        const { status, headline, detail, next } = verdict;
        if (diagnosis.cause !== "healthy") expect(headline).toContain(diagnosis.finding);
        expect([headline, detail, next].join("\n")).not.toMatch(/undefined|NaN|\[object/);
        if (!isGood(diagnosis)) expect(["degraded", "unhealthy", "refused", "unknown"]).toContain(status);
        else expect(["healthy", "degraded"]).toContain(status);
        // Whether people can work is not claimed where the outermost side that was seen is bad.
        const outermost = ["public", "proxy", "direct"]
          .map((name) => diagnosis.layers.find((layer) => layer.name === name)?.state)
          .find((state) => state === "good" || state === "bad");
        if (outermost === "bad") expect(["unhealthy", "refused"]).toContain(status);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a site that is good after repairs", () => {
  it("is recovered, with what else a whole look finds; and degraded where that is what was to be mended", () => {
    const before = { ...diagnosisOf(stopped), cause: "assets-missing" as const };
    const now = { ...diagnosisOf(), finding: "all is well", advice: "" };
    expect(mended(before, ["regenerate-assets"], now)).toMatchObject({ status: "recovered", next: "" });
    const other = {
      ...now,
      cause: "nginx-config-invalid" as const,
      finding: "nginx.conf is bad",
      advice: "Mend it.",
    };
    expect(mended(before, ["regenerate-assets"], other)).toMatchObject({
      status: "recovered",
      next: "Besides, nginx.conf is bad. Mend it.",
    });
    const same = { ...other, cause: "assets-missing" as const };
    expect(mended(before, ["regenerate-assets"], same)).toMatchObject({
      status: "degraded",
      headline: expect.stringContaining("regenerate-assets did not mend it"),
    });
  });
});
