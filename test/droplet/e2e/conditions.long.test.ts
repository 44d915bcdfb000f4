/**
 * Conditions under which a recovery must hold, on the test droplet: no Compose, an enormous log, a database that takes its
 * time, and a machine without memory. Judged from outside.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.droplet.script(`
    umount /proc/meminfo 2>/dev/null || true
    for hidden in /usr/*/docker/cli-plugins/docker-compose.hidden /usr/local/*/docker/cli-plugins/docker-compose.hidden; do
      if [ -e "$hidden" ]; then mv "$hidden" "\${hidden%.hidden}"; fi
    done`);
  await bench.tidy();
});

/** A droplet on which nobody has installed Compose. */
async function hideCompose(): Promise<void> {
  await bench.droplet.script(`
    find /usr -path '*/cli-plugins/docker-compose' -exec mv {} {}.hidden \\;
    if docker compose version 2>/dev/null; then echo "Compose is still there" >&2; exit 1; fi`);
}

describe("without Compose", () => {
  it("a container that is stopped is started all the same", async () => {
    await bench.break("odoo-stopped");
    await hideCompose();
    const { end } = await bench.run();
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.outputs.get("remedies")).toBe("start-stack");
  });

  it("a container that is gone is not made in another way, and the verdict says what is missing", async () => {
    await bench.break("odoo-removed");
    await hideCompose();
    const before = await bench.look();
    const { end } = await bench.run();
    expect(await bench.look()).toEqual(before);
    await bench.nothingLeftBehind();
    expect(["unhealthy", "refused"], end.log).toContain(end.outputs.get("status"));
    expect(end.outputs.get("changed")).toBe("false");
    expect(`${end.outputs.get("headline")} ${end.outputs.get("next")} ${end.summary}`).toMatch(/Compose/);
  });
});

describe("a log of 200 MB with one line of 50 MB that is no text", () => {
  it("is bounded: the site is back, and neither the report nor memory grows with it", async () => {
    const { droplet } = bench;
    await droplet.script(
      `
      container=$(container_of "$ODOO_SERVICE")
      docker exec "$container" sh -c 'i=0; while [ $i -lt 150 ]; do head -c 1000000 /dev/zero | tr "\\0" "x" | fold -w 200; i=$((i + 1)); done >/proc/1/fd/1'
      docker exec "$container" sh -c 'head -c 50000000 /dev/zero | tr "\\0" "\\377" >/proc/1/fd/1; echo >/proc/1/fd/1'`,
      { timeoutSeconds: 400 },
    );
    const bytes = Number(
      await droplet.script(
        'docker inspect --format "{{.LogPath}}" "$(container_of "$ODOO_SERVICE")" | xargs stat -c %s',
      ),
    );
    expect(bytes).toBeGreaterThan(200_000_000);
    await bench.break("odoo-stopped");
    const { end } = await bench.run();
    await droplet.assertHealthy();
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.seconds).toBeLessThan(180);
    expect(Buffer.byteLength(end.summary)).toBeLessThan(100_000);
  }, 900_000);
});

describe("a PostgreSQL that needs a minute to come up", () => {
  it("is waited for, and not restarted", async () => {
    await bench.break("db-starting", 0);
    const database = await bench.droplet.inspect("db");
    const action = bench.action();
    action.start();
    await sleep(45_000);
    expect((await bench.droplet.inspect("db"))?.State.StartedAt).toBe(database?.State.StartedAt);
    const end = await action.main();
    await bench.droplet.assertHealthy();
    expect((await bench.droplet.inspect("db"))?.State.StartedAt).toBe(database?.State.StartedAt);
    expect(end.outputs.get("status"), end.log).toBe("healthy");
    expect(end.outputs.get("changed")).toBe("false");
  });
});

describe("a machine with 100 MB of memory left", () => {
  it("gets no second Odoo, and its database goes on", async () => {
    const { droplet } = bench;
    await bench.break("assets-deleted");
    await droplet.script(`
      sed 's/^MemAvailable:.*/MemAvailable:     102400 kB/' /proc/meminfo >/run/meminfo
      mount --bind /run/meminfo /proc/meminfo`);
    const [database, odoo] = [await droplet.inspect("db"), await droplet.inspect("odoo")];
    const { end } = await bench.run({ ceiling: "repair" });
    expect((await droplet.inspect("db"))?.State.StartedAt).toBe(database?.State.StartedAt);
    expect((await droplet.inspect("odoo"))?.State.StartedAt).toBe(odoo?.State.StartedAt);
    await bench.nothingLeftBehind();
    expect(end.outputs.get("status"), end.log).toBe("unhealthy");
    expect(end.outputs.get("changed")).toBe("false");
    expect(end.summary).toMatch(/it needs \d+ MiB of memory, and 100 MiB would be available/);
  });
});
