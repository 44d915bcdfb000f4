/**
 * `check` and `plan` change nothing, on a site that is well and on sites that are not: not the host's files, not the
 * containers, not the database. Compared before and after by the droplet's own fingerprint, which no look of ours takes.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { cases, inLongRun } from "./cases.ts";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

/** What changes on a host whoever looks: its logs, what PostgreSQL keeps for itself, and what lives in memory. */
const RESTLESS = [
  /^\/var\/log\//,
  /^\/var\/lib\/docker\/containers\/[^/]+\/[^/]+\.log$/,
  /^\/var\/lib\/docker\/volumes\/[^/]*db[^/]*\//,
  // Odoo's sessions are counted.
  /^\/var\/lib\/docker\/volumes\/[^/]*\/_data\/sessions\//,
  /^\/var\/lib\/systemd\/timesync|^\/var\/lib\/systemd\/random-seed|^\/var\/lib\/private\//,
  // A health check of Docker's runs every few seconds, and is remembered with the container.
  /^\/var\/lib\/docker\/containers\/[^/]+\/(?:config\.v2|hostconfig)\.json$/,
  /^\/var\/lib\/(?:docker\/)?containerd\//,
  /^\/tmp\/runc-process\d+$/,
];

async function changedSince(marker: string): Promise<string[]> {
  const found = await bench.droplet.script(
    `find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /dev \\) -prune -o -type f -newer ${marker} -print 2>/dev/null; true`,
  );
  return found
    .split("\n")
    .filter((path) => path !== "" && path !== marker && !RESTLESS.some((each) => each.test(path)));
}

async function sessions(): Promise<number> {
  return Number(
    await bench.droplet.script("find /var/lib/docker/volumes -path '*/_data/sessions/*' -type f | wc -l"),
  );
}

const withoutTime = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => !/ stat /.test(line));

const SITES = cases(
  ["assets-deleted", "addon-syntax-error"],
  ["odoo-stopped", "db-stopped", "nginx-stopped", "filestore-permissions"],
);

async function expectNothingChanged(mode: string, fault: string | undefined): Promise<void> {
  const { droplet } = bench;
  if (fault !== undefined) await bench.break(fault);
  const marker = "/root/.marker-of-the-test";
  await droplet.script(`touch ${marker}; sleep 1.1`);
  const before = withoutTime(await droplet.fingerprint());
  const began = await changedSince(marker);
  const sessionsBefore = await sessions();
  const start = performance.now();
  const { end } = await bench.run({ mode });
  const grown = (await sessions()) - sessionsBefore;
  // Two login pages on the host and one from outside, twice where the first look leaves a doubt. The container's own
  // health check asks for one as well, every 5 seconds.
  expect(grown).toBeLessThanOrEqual(6 + 1 + Math.ceil((performance.now() - start) / 5_000));
  expect(await changedSince(marker)).toEqual(began);
  expect(withoutTime(await droplet.fingerprint())).toEqual(before);
  await bench.nothingLeftBehind();
  expect(end.outputs.get("changed"), end.log).toBe("false");
}

describe("check changes nothing", () => {
  it("on a healthy site", async () => {
    await expectNothingChanged("check", undefined);
  });
  it.each(SITES)("on %s", async (fault) => {
    await expectNothingChanged("check", fault);
  });
});

describe("plan changes nothing", () => {
  inLongRun("on a healthy site", async () => {
    await expectNothingChanged("plan", undefined);
  });
  it.each(cases(["assets-deleted"], ["odoo-stopped"]))("on %s", async (fault) => {
    await expectNothingChanged("plan", fault);
  });
});

describe("a site that has still to compile its bundles, as after a deploy,", () => {
  /** Makes every compiled bundle one of an older version, starts Odoo, and waits until it listens. */
  async function makeCold(): Promise<void> {
    await bench.droplet.script(`
      sql "$DATABASE" <<<"UPDATE ir_attachment SET url = regexp_replace(url, '-[0-9a-f]{7}/', '-0000000/') WHERE $BUNDLES"
      restart_odoo
      date +%s >/root/.cold
      docker exec "$(container_of "$ODOO_SERVICE")" sh -c 'for i in $(seq 600); do grep -q ":1F85 " /proc/net/tcp && exit 0; sleep 0.05; done; exit 1'`);
  }
  /** Transactions that PostgreSQL rolled back since then, because two wrote the same. */
  const rolledBack = async (): Promise<number> =>
    Number(
      await bench.droplet.script(
        'docker logs --since "$(cat /root/.cold)" "$(container_of "$ODOO_SERVICE")" 2>&1 | grep -c "could not serialize" || true',
      ),
    );

  it("is asked for one page at a time: of two at once, one may leave every page with a link to nothing", async () => {
    // The container's own health check would be a second one who asks.
    await bench.droplet.script(`
      sed -i 's|^      test: .*curl.*|      test: ["CMD", "true"]|' "$DIRECTORY/$COMPOSE_FILE"
      grep -q '"CMD", "true"' "$DIRECTORY/$COMPOSE_FILE"
      dc up -d --no-build --pull never`);
    await makeCold();
    await bench.droplet.script("for i in 1 2 3; do login_answers & done; wait");
    expect(await rolledBack()).toBeGreaterThan(0);

    await makeCold();
    const { end } = await bench.run({ mode: "check" });
    expect(end.outputs.get("status"), end.log).toBe("healthy");
    expect(await rolledBack()).toBe(0);
    expect((await bench.droplet.observe()).get("bundles")).toBe("same");
    await bench.droplet.script("rm /root/.cold");
  });
});
