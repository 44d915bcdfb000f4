// The droplet itself: every fault shows its symptom from outside, a reset makes the site healthy again, and each way
// in which a login can be odd is real. It has a droplet of its own, so that the default one stays free.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Droplet } from "./droplet.ts";
import { allFaults } from "./faults.ts";

let droplet: Droplet;
const times: { fault: string; breaks: number; shows: number; resets: number; how: string }[] = [];

const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
  const started = performance.now();
  const result = await work();
  return [result, Math.round((performance.now() - started) / 100) / 10];
};
const withoutIdentity = (lines: string[]) => lines.filter((line) => !line.startsWith("identity "));

beforeAll(async () => {
  droplet = await Droplet.up({ name: "self-test" });
  await droplet.reset();
});
afterAll(async () => {
  console.table(times);
  await Droplet.down("self-test", { purge: true });
});

describe("every fault shows its symptom, and a reset takes it back", () => {
  it.each(allFaults().map((fault) => fault.name))("%s", async (fault) => {
    const before = withoutIdentity(await droplet.fingerprint());
    const [, breaks] = await timed(() => droplet.break(fault));
    const [, shows] = await timed(() => droplet.assertSymptom(fault));
    const [how, resets] = await timed(() => droplet.reset());
    times.push({ fault, breaks, shows, resets, how });
    await droplet.assertHealthy();
    expect(withoutIdentity(await droplet.fingerprint())).toEqual(before);
    expect(how).toBe("parts");
  });
});

describe("a fault that ends by itself", () => {
  it.each(["update-running", "restore-running", "pull-running"])(
    "%s: ends, and leaves Odoo stopped",
    async (fault) => {
      await droplet.break(fault);
      await droplet.assertPersists(fault, 5);
      await droplet.finish(fault);
      await expect.poll(async () => (await droplet.observe()).get("work"), { timeout: 30_000 }).toBe("none");
      expect((await droplet.inspect("odoo"))?.State.Status).toBe("exited");
      await droplet.script('dc start "$ODOO_SERVICE"');
      await droplet.waitHealthy();
      expect(await droplet.reset()).toBe("parts");
    },
  );

  it("db-starting: ends, and Odoo answers again without a restart", async () => {
    await droplet.break("db-starting");
    await droplet.assertPersists("db-starting", 5);
    const before = await droplet.inspect("odoo");
    await droplet.finish("db-starting");
    await droplet.waitHealthy();
    expect((await droplet.inspect("odoo"))?.State.StartedAt).toBe(before?.State.StartedAt);
    expect(await droplet.reset()).toBe("parts");
  });
});

describe("a reboot", () => {
  it("brings back what ran, and leaves stopped what was stopped", async () => {
    await droplet.reboot();
    await droplet.waitHealthy();
    await droplet.break("odoo-stopped");
    await droplet.reboot();
    await droplet.assertPersists("odoo-stopped", 5);
    expect(await droplet.reset()).toBe("parts");
  });
});

describe("a login", () => {
  it("is by key only, as root and as deploy, with sudo and Docker for deploy", async () => {
    expect((await droplet.ssh("root", "id -un")).stdout).toBe("root\n");
    const deploy = await droplet.ssh("deploy", "id -un && sudo -n id -un && docker ps -q | wc -l");
    expect(deploy.stdout).toBe("deploy\nroot\n2\n");
    expect((await droplet.ssh("root", "sshd -T | grep -i '^passwordauthentication'")).stdout).toMatch(
      / no$/m,
    );
  });

  it("passes stdin on and tells the exit status", async () => {
    const ended = await droplet.ssh("deploy", "cat; exit 7", { stdin: "through and through" });
    expect(ended).toMatchObject({ code: 7, stdout: "through and through" });
  });

  it("is written to the journal with the key's fingerprint", async () => {
    await droplet.ssh("deploy", "true");
    expect(await droplet.script("journalctl -u ssh --no-pager -n 20")).toContain(
      "Accepted publickey for deploy",
    );
  });

  it.each(["/usr/bin/fish", "/bin/dash", "/usr/bin/zsh"])(
    "runs in %s when that is the shell",
    async (shell) => {
      await droplet.setLoginShell(shell);
      expect((await droplet.ssh("deploy", "echo works")).stdout).toBe("works\n");
      expect((await droplet.ssh("deploy", "getent passwd deploy")).stdout).toContain(shell);
    },
  );

  it("can be refused by nologin, be chatty, and have a sudo that asks, until a reset", async () => {
    await droplet.setLoginShell("/usr/sbin/nologin");
    expect((await droplet.ssh("deploy", "true")).code).toBe(1);
    await droplet.setLoginShell("/bin/bash");
    await droplet.addLoginNoise('Welcome, it\'s "you"\n$(false)');
    expect((await droplet.ssh("deploy", "echo data")).stdout).toBe('Welcome, it\'s "you"\n$(false)\ndata\n');
    await droplet.requireSudoPassword();
    expect((await droplet.ssh("deploy", "sudo -n true")).code).toBe(1);
    expect(await droplet.reset()).toBe("parts");
    const after = await droplet.ssh("deploy", "sudo -n id -un");
    expect(after).toMatchObject({ code: 0, stdout: "root\n" });
  });
});

describe("a reset", () => {
  it("takes back what no fault did: rows, files, units, containers, databases and images", async () => {
    const before = withoutIdentity(await droplet.fingerprint());
    await droplet.psql(
      "DELETE FROM shop_note WHERE id % 2 = 0; CREATE TABLE stray (id int); INSERT INTO stray VALUES (1)",
    );
    await droplet.psql("CREATE DATABASE stray", { database: "postgres" });
    await droplet.script(`
      mkdir -p /var/lib/odoo-recover/runs && touch /tmp/stray /root/stray
      systemd-run --unit odoo-recover-stray --quiet sleep 3600
      find "$(filestore)" -type f ! -path '*/checklist/*' | head -n 3 | while read -r file; do echo rubbish >"$file"; done
      dc run --detach --rm "$ODOO_SERVICE" sleep 3600
      docker tag "$ODOO_IMAGE" stray:latest
    `);
    expect(withoutIdentity(await droplet.fingerprint())).not.toEqual(before);
    expect(await droplet.reset()).toBe("parts");
    expect(withoutIdentity(await droplet.fingerprint())).toEqual(before);
    expect(await droplet.psql("SELECT count(*) FROM shop_note")).toBe("20");
  });

  it("makes everything anew inside the droplet when the data directory is lost", async () => {
    const before = withoutIdentity(await droplet.fingerprint());
    await droplet.script(
      'dc kill "$DB_SERVICE"; rm -rf "$(volume_of "$DB_SERVICE" /var/lib/postgresql/data)"/base',
    );
    expect(await droplet.reset()).toBe("everything");
    expect(withoutIdentity(await droplet.fingerprint())).toEqual(before);
  });

  it("changes nothing on a healthy droplet", async () => {
    const before = await droplet.fingerprint();
    expect(await droplet.reset()).toBe("parts");
    expect(await droplet.fingerprint()).toEqual(before);
  });
});

describe("two droplets", () => {
  it("run side by side, the other one with every name its own", async () => {
    const other = await Droplet.up({
      name: "self-test-other",
      directory: "/home/deploy/shop site",
      project: "shop",
      composeFile: "compose.yaml",
      odooService: "web",
      dbService: "postgresql",
      database: "odoo_core",
      workers: 2,
      loginShell: "/usr/bin/fish",
      memory: "2g",
    });
    try {
      await other.assertHealthy();
      expect(other.hostKeyFingerprint).not.toBe(droplet.hostKeyFingerprint);
      expect((await other.inspect("odoo"))?.Config.Labels["com.docker.compose.project"]).toBe("shop");
      expect(await other.psql("SELECT count(*) FROM shop_note")).toBe("20");
      for (const fault of ["stack-down", "db-image-retagged", "odoo-sigstop"]) {
        await other.break(fault);
        await other.assertSymptom(fault);
        expect(await other.reset()).toBe("parts");
      }
      await droplet.assertHealthy();
    } finally {
      await Droplet.down("self-test-other", { purge: true });
    }
  });

  it("of the same name and options are one: up returns the one that runs", async () => {
    const [again, seconds] = await timed(() => Droplet.up({ name: "self-test" }));
    expect(again.sshPort).toBe(droplet.sshPort);
    expect(seconds).toBeLessThan(10);
  });

  it("refuse options that cannot be, naming each", async () => {
    await expect(Droplet.up({ name: "Not Good", directory: "relative" })).rejects.toThrow(
      /name: .*; directory: /,
    );
  });
});
