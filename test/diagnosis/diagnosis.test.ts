// What holds of every diagnosis, whatever a host shows and whatever was tried: on generated surveys.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAUSES, type Cause } from "../../src/diagnosis/cause.ts";
import {
  type Diagnosis,
  diagnose,
  hostUnreachable,
  isGood,
  isWaiting,
} from "../../src/diagnosis/diagnosis.ts";
import type { RemedyName } from "../../src/diagnosis/remedy-name.ts";
import { aboveCeiling, RISK } from "../../src/diagnosis/risk.ts";
import { fits } from "../../src/diagnosis/scenario.ts";
import type { Wishes } from "../../src/diagnosis/wishes.ts";
import type { BackupWish, Ceiling, ModuleWish, Scenario } from "../../src/inputs/inputs.ts";
import { REMEDIES } from "../../src/remedies/index.ts";
import { ifSeen, type Survey } from "../../src/survey/survey.ts";
import { anySurvey, NO_WISHES, survey } from "./surveys.ts";

const ALL = Object.keys(REMEDIES) as RemedyName[];
/** Least invasive first. */
const ORDER: readonly RemedyName[] = [
  "start-docker",
  "start-nginx",
  "start-db",
  "start-stack",
  "resume-odoo",
  "restart-odoo",
  "boot-check",
  "fix-permissions",
  "regenerate-assets",
  "wipe-assets",
  "module",
];
/** In these nothing may be changed. */
const HANDS_OFF: ReadonlySet<Cause> = new Set<Cause>([
  "healthy",
  "in-progress",
  "database-starting",
  "disk-full",
  "inodes-full",
  "database-locked",
  "ambiguous-target",
  "other-topology",
]);

/** What may be found although every layer is good: it was bad lately, or will be for who does more than look. */
const WORRIES: readonly Cause[] = [
  "healthy",
  "intermittent",
  "nginx-config-invalid",
  "filestore-unreadable",
  "filestore-missing",
  "assets-corrupt",
  "assets-missing",
];

const anyTried: fc.Arbitrary<readonly RemedyName[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.subarray(ALL) },
);
const anyWishes: fc.Arbitrary<Wishes> = fc
  .record({
    url: fc.constantFrom(undefined, new URL("https://shop.example"), new URL("http://other.example")),
    directory: fc.constantFrom(undefined, undefined, "/opt/odoo-ce", "/srv/nowhere"),
    odooService: fc.constantFrom(undefined, undefined, "odoo", "web"),
    database: fc.constantFrom(undefined, "odoo"),
    scenario: fc.constantFrom<Scenario[]>("auto", "auto", "auto", "502", "500"),
    ceiling: fc.constantFrom<Ceiling[]>("restart", "repair", "wipe"),
    backup: fc.constantFrom<BackupWish[]>("auto", "always", "never"),
    module: fc.constantFrom<(ModuleWish | undefined)[]>(
      undefined,
      { name: "shop_notes", action: "uninstall" },
      { name: "shop_notes", action: "update" },
    ),
  })
  .map((some) => ({ ...NO_WISHES, ...some }));

interface Case {
  readonly look: Survey;
  readonly tried: readonly RemedyName[];
  readonly wishes: Wishes;
}
type Holds = (diagnosis: Diagnosis, seenThere: Survey, tried: readonly RemedyName[], wishes: Wishes) => void;

const anyCase: fc.Arbitrary<Case> = fc.record({ look: anySurvey, tried: anyTried, wishes: anyWishes });

function always(holds: Holds): void {
  fc.assert(
    fc.property(anyCase, ({ look, tried, wishes }) =>
      holds(diagnose(look, wishes, tried), look, tried, wishes),
    ),
    { numRuns: 500 },
  );
}

/** Many cases that are the same in every run, so that what is rare is met for certain. */
const MANY = fc
  .sample(anyCase, { numRuns: 10_000, seed: 20_240_502 })
  .map((each) => ({ ...each, diagnosis: diagnose(each.look, each.wishes, each.tried) }));

const stateOf = ({ layers }: Diagnosis, name: string) => layers.find((each) => each.name === name)?.state;

/** A property of those diagnoses whose ladder has a remedy; they must be met often enough to mean something. */
function wheneverAllowed(remedy: RemedyName, holds: Holds): void {
  const met = MANY.filter(({ diagnosis }) => diagnosis.ladder.includes(remedy));
  expect(met.length).toBeGreaterThan(20);
  for (const { diagnosis, look, tried, wishes } of met) holds(diagnosis, look, tried, wishes);
}

describe("whatever a host shows", () => {
  it("there is exactly one cause, with words for it, and each of them is met", () => {
    for (const { cause, finding } of MANY.map(({ diagnosis }) => diagnosis)) {
      expect(Object.keys(CAUSES)).toContain(cause);
      expect(finding).not.toMatch(/^$|undefined|NaN|\[object/);
    }
    const met = new Set(MANY.map(({ diagnosis }) => diagnosis.cause));
    // That one is found without a survey.
    expect([...met, "host-unreachable"].toSorted()).toEqual(Object.keys(CAUSES).toSorted());
  });

  it("it is never called good, nor healthy, with a layer that is bad or was not observed", () => {
    always((diagnosis) => {
      const good = diagnosis.target !== undefined && diagnosis.layers.every(({ state }) => state === "good");
      expect(isGood(diagnosis)).toBe(good);
      if (diagnosis.cause === "healthy") expect(good).toBe(true);
      if (good) expect(WORRIES).toContain(diagnosis.cause);
    });
  });

  it("its layers are those of the target, lowest first, each with a word for why", () => {
    const order = ["database", "odoo", "direct", "proxy", "assets", "public"];
    always(({ layers, target }, look) => {
      const names = layers.map(({ name }) => name);
      expect(names).toEqual(order.filter((name) => names.includes(name as never)));
      expect(names).toEqual(expect.arrayContaining(["odoo", "direct", "proxy"]));
      expect(names.includes("public")).toBe(look.public !== undefined);
      if (target !== undefined) expect(names.includes("database")).toBe(target.dbService !== undefined);
      for (const { why } of layers) expect(why).not.toBe("");
    });
  });

  it("every layer that is not good is in the evidence", () => {
    always(({ layers, evidence, target }) => {
      if (target === undefined) return;
      for (const { name, state, why } of layers)
        if (state !== "good") expect(evidence).toContain(`${name}: ${why}`);
    });
  });

  it("what nothing of ours can mend comes with advice for a person", () => {
    always(({ cause, ladder, advice }, _, tried) => {
      const silent: readonly Cause[] = [
        "healthy",
        // These are mended by a remedy, and where that is ruled out its reason is told.
        "stack-down",
        "database-down",
        "odoo-absent",
        "odoo-stopped",
        "odoo-frozen",
        "odoo-not-listening",
        "port-mapping-missing",
        "nginx-down",
      ];
      if (ladder.length === 0 && tried.length === 0 && !silent.includes(cause)) expect(advice).not.toBe("");
    });
  });

  it("the same survey gives the same diagnosis, and is left as it was", () => {
    always((diagnosis, look, tried, wishes) => {
      const before = structuredClone(look);
      expect(diagnose(look, wishes, tried)).toEqual(diagnosis);
      expect(look).toEqual(before);
    });
  });

  it("no single part that is missing makes it fail, or be called good when it mattered", () => {
    const whole = survey();
    for (const part of Object.keys(whole) as (keyof Survey)[]) {
      if (part === "public" || part === "clockSkew") continue;
      const diagnosis = diagnose({ ...whole, [part]: { observed: false, why: "gone" } }, NO_WISHES);
      const matters = [
        "containers",
        "projects",
        "direct",
        "directAssets",
        "proxy",
        "proxyAssets",
        "databases",
      ].includes(part);
      expect(isGood(diagnosis), part).toBe(!matters);
      expect(diagnosis.ladder, part).toEqual([]);
    }
  });

  it("two projects with Odoo are ambiguous, in any state", () => {
    fc.assert(
      fc.property(anySurvey, (look) => {
        fc.pre(look.projects.observed && look.containers.observed && look.projects.value.length === 2);
        const containers = ifSeen(look.containers) ?? [];
        const withOdoo = (ifSeen(look.projects) ?? []).filter(
          ({ name, services }) =>
            ifSeen(services)?.some((service) => service.name === "odoo") ||
            containers.some((one) => one.project === name && one.service === "odoo" && !one.oneOff),
        );
        fc.pre(withOdoo.length === 2);
        const diagnosis = diagnose(look, NO_WISHES);
        expect(diagnosis).toMatchObject({ cause: "ambiguous-target", ladder: [], target: undefined });
        expect(diagnosis.evidence).toHaveLength(2);
      }),
      { numRuns: 100 },
    );
  });
});

describe("whatever a host shows, its remedies", () => {
  it("are none where nothing may be changed", () => {
    always(({ cause, ladder, layers }) => {
      if (HANDS_OFF.has(cause)) expect(ladder).toEqual([]);
      if (layers.every(({ state }) => state !== "bad") && ladder.length > 0)
        expect(cause).toMatch(/^(?:filestore-unreadable|assets-corrupt|assets-missing)$/);
    });
  });

  it("are none where there is only something to wait for", () => {
    always((diagnosis) => {
      if (isWaiting(diagnosis)) expect(diagnosis.ladder).toEqual([]);
    });
  });

  it("are none above the ceiling, and none of the scenario that was not asked for", () => {
    always(({ cause, ladder }, _, __, { scenario, ceiling }) => {
      for (const remedy of ladder) expect(aboveCeiling(RISK[remedy], ceiling)).toBeUndefined();
      if (!fits(cause, scenario)) expect(ladder).toEqual([]);
    });
  });

  it("are fewer under a named scenario, and otherwise the same as without one", () => {
    always((diagnosis, look, tried, wishes) => {
      const { ladder, ruledOut, ...rest } = diagnose(look, { ...wishes, scenario: "auto" }, tried);
      expect(diagnosis).toMatchObject(rest);
      expect(ladder).toEqual(expect.arrayContaining([...diagnosis.ladder]));
      // Of several reasons the scenario is told before the ceiling.
      expect(diagnosis.ruledOut.map(({ remedy }) => remedy)).toEqual(
        expect.arrayContaining(ruledOut.map(({ remedy }) => remedy)),
      );
    });
  });

  it("are each allowed or ruled out exactly once, with a reason, unless it is healthy", () => {
    always(({ cause, ladder, ruledOut }) => {
      const asked = [...ladder, ...ruledOut.map(({ remedy }) => remedy)];
      expect(asked.toSorted()).toEqual(cause === "healthy" ? [] : ALL.toSorted());
      for (const { why } of ruledOut) expect(why).not.toMatch(/^$|undefined|NaN/);
    });
  });

  it("are ordered, the least invasive first, and never one that was tried", () => {
    always(({ ladder }, _, tried) => {
      expect(ladder).toEqual(ORDER.filter((remedy) => ladder.includes(remedy)));
      for (const remedy of tried) expect(ladder).not.toContain(remedy);
    });
  });

  it("come with a place for our state, and with a target unless Docker itself is down", () => {
    always(({ cause, ladder, place, target }) => {
      if (ladder.length === 0) return;
      expect(place).toBeDefined();
      if (cause !== "docker-down") expect(target).toBeDefined();
      else expect(ladder).toEqual(["start-docker"]);
    });
  });

  it("start Docker only where its service is there and does not run, and the site is not good without it", () => {
    wheneverAllowed("start-docker", (diagnosis, look) => {
      const unit = ifSeen(look.units)?.get("docker.service");
      expect(unit?.load).toBe("loaded");
      expect(unit?.active).not.toBe("active");
      expect(stateOf(diagnosis, "proxy")).not.toBe("good");
    });
  });

  it("start nginx only where it is down, and never when nginx -t failed", () => {
    wheneverAllowed("start-nginx", (diagnosis, look) => {
      expect(ifSeen(look.units)?.get("nginx.service")?.active).not.toBe("active");
      expect(ifSeen(look.nginx)?.valid).not.toBe(false);
      expect(stateOf(diagnosis, "proxy")).toBe("bad");
    });
  });

  it("start the database only where it is down, and not while it fails by itself", () => {
    wheneverAllowed("start-db", ({ target }) => {
      expect([undefined, "exited", "created", "dead", "paused"]).toContain(target?.db?.state);
      if (target?.db === undefined) expect(target?.project.services.observed).toBe(true);
    });
  });

  it("start the stack only where something of it is down, and its files can be read", () => {
    wheneverAllowed("start-stack", ({ target }) => {
      // A container that is there is started without them.
      if (target?.odoo === undefined) expect(target?.project.services.observed).toBe(true);
      expect([undefined, "exited", "created", "dead"]).toContain(target?.odoo?.state);
    });
  });

  it("let Odoo go on only where it was halted", () => {
    wheneverAllowed("resume-odoo", ({ target, cause }, look) => {
      expect(cause).toBe("odoo-frozen");
      const own = ifSeen(look.processes)?.find(({ pid }) => pid === target?.odoo?.pid);
      expect(target?.odoo?.state === "paused" || own?.state.startsWith("T")).toBe(true);
    });
  });

  it("restart Odoo only where it runs and is bad, and never while the database is bad", () => {
    wheneverAllowed("restart-odoo", (diagnosis) => {
      expect(["running", "paused"]).toContain(diagnosis.target?.odoo?.state);
      if (diagnosis.cause === "assets-stale") expect(stateOf(diagnosis, "assets")).toBe("bad");
      else expect(stateOf(diagnosis, "direct")).toBe("bad");
      expect(stateOf(diagnosis, "database")).not.toBe("bad");
    });
  });

  it("change owners only where Odoo runs, may not use its files, and as whom it runs was seen", () => {
    wheneverAllowed("fix-permissions", ({ cause, target, setup }) => {
      expect(cause).toBe("filestore-unreadable");
      expect(target?.odoo?.state).toBe("running");
      expect(setup?.user).toMatch(/^\d+:\d+$/);
    });
  });

  it("move files aside only where some are not what was stored", () => {});

  it.each<RemedyName>(["regenerate-assets", "wipe-assets"])(
    "touch no row of a bundle while Odoo may not write its files, or users' files are gone as well: %s",
    (remedy) => {
      wheneverAllowed(remedy, ({ cause, target }, look) => {
        expect(cause).toMatch(/^assets-(?:missing|corrupt|poisoned|stale|broken)$/);
        const stores = ifSeen(look.filestores)?.get(target?.odoo?.id ?? "");
        const name = target && ifSeen(target.database);
        const own = stores?.observed ? stores.value.find(({ database }) => database === name) : undefined;
        expect(own?.writable).toBe(true);
        expect(target?.db?.state).toBe("running");
      });
    },
  );

  it("never take the older stylesheet away where the new one does not compile", () => {
    wheneverAllowed("wipe-assets", ({ cause }, _, __, { backup, ceiling }) => {
      expect(cause).not.toBe("assets-poisoned");
      expect(backup).not.toBe("never");
      expect(ceiling).toBe("wipe");
    });
  });

  it("touch a module only where it was named, a backup may be made, and its code may be behind it", () => {
    wheneverAllowed("module", ({ cause, named, target }, _, __, { backup, module }) => {
      expect(module).toBeDefined();
      expect(named?.name).toBe(module?.name);
      expect(named?.essential).toBe(false);
      expect(named?.state).toMatch(
        module?.action === "update" ? /^(?:installed|to upgrade)$/ : /^installed$/,
      );
      expect(target?.odoo?.state).toBe("running");
      expect(backup).not.toBe("never");
      expect(cause).toMatch(/^(?:assets-|odoo-unhealthy)/);
    });
  });

  it("check the boot only with Compose v2 and readable files, a known database that is good, and systemd", () => {
    wheneverAllowed("boot-check", (diagnosis, look) => {
      expect(diagnosis.target?.project.services.observed).toBe(true);
      expect(ifSeen(look.compose)?.generation).not.toBe("v1");
      expect(diagnosis.target?.database.observed).toBe(true);
      expect(stateOf(diagnosis, "database")).toBe("good");
      expect(stateOf(diagnosis, "direct")).not.toBe("good");
      expect(look.units.observed).toBe(true);
    });
  });
});

/** The rules of acting, as what a survey shows under which nothing (but what is named) may be done to a target. */
const RULES: readonly (readonly [
  rule: string,
  holds: (look: Survey, diagnosis: Diagnosis) => boolean,
  but: readonly RemedyName[],
])[] = [
  [
    "whether somebody is at work could not be seen",
    ({ processes }) => !processes.observed,
    // That nobody can be working on.
    ["start-nginx"],
  ],
  [
    "a restore is under way",
    (look, { target }) =>
      [...(ifSeen(look.databases)?.values() ?? [])].some(
        (each) =>
          each.observed && each.value.sessions.some(({ application }) => application === "pg_restore"),
      ) && target !== undefined,
    [],
  ],
  [
    "a file system that matters is full",
    (look) =>
      ifSeen(look.disks)?.some(
        ({ size, available, inodes, inodesFree }) =>
          (size > 0 && available < Math.min(8 * 1024, size / 100)) ||
          (inodes !== undefined && inodesFree !== undefined && inodesFree < Math.min(10, inodes / 100)),
      ) === true,
    [],
  ],
  [
    "PostgreSQL lets nobody in yet",
    (look, { target }) => {
      const { db } = target ?? {};
      const told = db?.state === "running" ? ifSeen(look.databases)?.get(db.id) : undefined;
      return told?.observed === false && told.why.includes("the database system is starting up");
    },
    // One that falls at each start says so too, and is another cause: it is not started either.
    [],
  ],
];

describe("against the rules of acting no remedy is allowed", () => {
  it.each(RULES)("where %s", (_, holds, but) => {
    const met = MANY.filter(
      ({ look, diagnosis }) => diagnosis.target !== undefined && holds(look, diagnosis),
    );
    expect(met.length).toBeGreaterThan(20);
    for (const { diagnosis } of met)
      expect(diagnosis.ladder.filter((remedy) => !but.includes(remedy))).toEqual([]);
  });

  it("where everything that was seen is good", () => {
    for (const { diagnosis } of MANY)
      if (diagnosis.layers.every(({ state }) => state !== "bad") && diagnosis.cause === "healthy")
        expect(diagnosis.ladder).toEqual([]);
  });
});

describe("a host that is out of reach", () => {
  it("has nothing done to it, and says what the public side shows", () => {
    const diagnosis = hostUnreachable("the droplet does not answer", "Look at its console.", [
      { name: "public", state: "good", why: "200 in 0.12 s" },
    ]);
    expect(diagnosis).toMatchObject({
      cause: "host-unreachable",
      evidence: ["public: 200 in 0.12 s"],
      ladder: [],
      ruledOut: [],
      target: undefined,
    });
    expect(isWaiting(diagnosis)).toBe(false);
  });
});
