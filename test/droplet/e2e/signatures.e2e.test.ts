/** What Docker, PostgreSQL and Odoo say of themselves ends in the verdict: why, and what to do. Judged from outside. */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Bench } from "./run.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.up();
});

afterEach(async () => {
  await bench.tidy();
});

const HOLD_PORT =
  "setsid python3 -c 'import socket; s = socket.socket(); s.setsockopt(1, 2, 1); s.bind((\"127.0.0.1\", 8069)); s.listen(); [s.accept()[0].close() for _ in range(600)]' >/dev/null 2>&1 & echo $! >/tmp/holds-port";

describe("a step that cannot work", () => {
  it("of a port that somebody else holds: the verdict names that, and Odoo is started when it is free again", async () => {
    const { droplet } = bench;
    await bench.break("odoo-stopped");
    await droplet.script(HOLD_PORT);
    const { end } = await bench.run();
    expect((await droplet.inspect("odoo"))?.State.Running).toBe(false);
    await bench.nothingLeftBehind();
    expect(end.exitCode, end.log).toBe(1);
    expect(end.outputs.get("status")).toBe("unhealthy");
    expect(end.outputs.get("cause")).toBe("odoo-stopped");
    expect(end.outputs.get("headline")).toContain("another program or container holds the port");
    expect(end.outputs.get("next")).toContain("ss -lntp");
    expect(end.summary).toContain("port-already-allocated");
    // What Docker noted of the last try is no reason not to try again.
    await droplet.script("kill $(cat /tmp/holds-port)");
    const again = await bench.run();
    expect(again.end.outputs.get("status"), again.end.log).toBe("recovered");
    await droplet.assertHealthy();
  });

  it("of an image that is not there: the verdict names that, and nothing is pulled", async () => {
    const { droplet } = bench;
    await bench.break("odoo-removed");
    const before = await droplet.script(
      'docker image inspect --format "{{.Id}}" odoo-prod:14 && docker tag odoo-prod:14 kept:14 && docker rmi odoo-prod:14 >/dev/null',
    );
    const { end } = await bench.run();
    await droplet.script("docker tag kept:14 odoo-prod:14 && docker rmi kept:14 >/dev/null");
    expect(before).toContain("sha256:");
    expect(await droplet.inspect("odoo")).toBeUndefined();
    await bench.nothingLeftBehind();
    expect(end.exitCode, end.log).toBe(1);
    expect(end.outputs.get("cause")).toBe("odoo-absent");
    expect(end.outputs.get("headline")).toContain("the image of the service is not on the host");
    expect(end.outputs.get("next")).toContain("Pull or build it");
  });
});

describe("a cause that leaves open why", () => {
  it.each<[string, string, RegExp, RegExp]>([
    [
      "addon-import-error-installed",
      "odoo-unhealthy",
      /The code of a module imports something that is not there\./,
      /module-import-failed/,
    ],
    ["crash-loop-conf", "odoo-crash-loop", /Correct that option/, /odoo-option-value-invalid/],
  ])(
    "%s: a check says it, with its line and its source, and changes nothing",
    async (fault, cause, words, id) => {
      await bench.break(fault);
      const { end } = await bench.run({ mode: "check" });
      await bench.droplet.assertSymptom(fault);
      expect(end.outputs.get("cause"), end.log).toBe(cause);
      expect(end.summary).toContain("### What the logs say");
      expect(end.summary).toMatch(id);
      expect(`${end.summary} ${end.outputs.get("next")}`).toMatch(words);
      expect(end.outputs.get("changed")).toBe("false");
    },
  );
});
