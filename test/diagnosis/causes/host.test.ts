// Causes that lie in the host: Docker, a full disk.

import { describe, expect, it } from "vitest";
import { seen, unseen } from "../../../src/survey/survey.ts";
import { ago, db, diagnosisOf, disk, LOGIN_PAGE, odoo, PROCESSES, process, units } from "../surveys.ts";

import { causeOf, diagnosisOfBlind, down, exited, fails, proxy } from "./states.ts";

describe("Docker", () => {
  const stopped = units({ docker: { active: "inactive", result: "success", downSince: ago(60) } });

  it("is down when its service is, and is started", () => {
    const diagnosis = diagnosisOfBlind({ units: stopped });
    expect(diagnosis).toMatchObject({ cause: "docker-down", ladder: ["start-docker"], target: undefined });
    expect(diagnosis.finding).toBe("the Docker daemon is down: docker.service is inactive");
    expect(diagnosis.place).toEqual({ project: "odoo-ce", directory: "/opt/odoo-ce" });
    expect(diagnosis.layers.map(({ state }) => state)).toEqual([
      "not observed",
      "not observed",
      "not observed",
      "bad",
    ]);
  });

  it("that was killed is told with systemd's own word for it", () => {
    const { finding } = diagnosisOfBlind({
      units: units({ docker: { active: "failed", result: "signal" } }),
    });
    expect(finding).toContain("docker.service is failed (signal)");
  });

  it("that runs and hangs is left alone: restarting it stops every container", () => {
    const diagnosis = diagnosisOfBlind({}, "no answer in time");
    expect(diagnosis).toMatchObject({ cause: "docker-down", ladder: [] });
    expect(diagnosis.finding).toContain("hangs");
    expect(diagnosis.ruledOut.find(({ remedy }) => remedy === "start-docker")?.why).toContain("hangs");
    expect(diagnosis.advice).toContain("person's decision");
  });

  it("is not started while the site works without it", () => {
    const diagnosis = diagnosisOfBlind({ units: stopped, proxy: seen(LOGIN_PAGE) });
    expect(diagnosis).toMatchObject({ cause: "docker-down", ladder: [] });
  });

  it("is not started where it is no service of systemd's, or systemd could not be asked", () => {
    expect(diagnosisOfBlind({ units: units({ docker: { load: "not-found" } }) }).ladder).toEqual([]);
    expect(diagnosisOfBlind({ units: unseen("no systemctl") }).ladder).toEqual([]);
  });

  it("is not down when we are only not let in", () => {
    const why = "permission denied while trying to connect to the Docker daemon socket";
    const diagnosis = diagnosisOfBlind({ units: stopped }, why);
    expect(diagnosis).toMatchObject({ cause: "unknown", ladder: [] });
    expect(diagnosis.evidence).toEqual([why]);
  });

  it("that is being upgraded is waited for: its package takes it down and brings it back", () => {
    const dpkg = process("/usr/bin/dpkg --status-fd 20 --no-triggers --unpack docker-ce_5%3a27.deb", {
      pid: 901,
    });
    const diagnosis = diagnosisOfBlind({ units: stopped, processes: seen([...PROCESSES, dpkg]) });
    expect(diagnosis).toMatchObject({ cause: "in-progress", ladder: [] });
    expect(diagnosis.evidence).toEqual([expect.stringContaining("process 901")]);
    // A client of a daemon that hangs hangs with it, and is no work that would end.
    const pull = process("docker compose -f docker-compose.prod.yml pull odoo", { pid: 902 });
    expect(diagnosisOfBlind({ processes: seen([...PROCESSES, pull]) }, "no answer in time").cause).toBe(
      "docker-down",
    );
  });
});

describe("a full disk", () => {
  // As df(1) showed them on a droplet whose database wrote until nothing was left.
  const full = disk("/var/lib/docker/volumes/odoo-ce_odoo-db-data/_data", { size: 129_024, available: 352 });
  const used = disk("/var/lib/docker/volumes/odoo-ce_odoo-web-data/_data", { inodes: 456, inodesFree: 0 });

  it("is the root of all that is down above it, and nothing is started on it", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo(), db({ state: "restarting", exitCode: 1, restartCount: 4 })],
      ...down,
      disks: seen([disk("/"), full]),
    });
    expect(diagnosis).toMatchObject({ cause: "disk-full", ladder: [] });
    expect(diagnosis.finding).toBe(
      "the file system /var/lib/docker/volumes/odoo-ce_odoo-db-data/_data is full (352 KiB of 126 MiB left)",
    );
    expect(diagnosis.advice).toContain("Free space on /var/lib/docker/volumes/odoo-ce_odoo-db-data/_data");
  });

  it("may be one without inodes", () => {
    const diagnosis = diagnosisOf({ ...fails, disks: seen([used]) });
    expect(diagnosis).toMatchObject({ cause: "inodes-full", ladder: [] });
    expect(diagnosis.finding).toContain("0 of 456");
  });

  it("is no cause while the site works, but a warning", () => {
    const diagnosis = diagnosisOf({ disks: seen([full, used]) });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.warnings).toEqual([
      expect.stringContaining("has 0 % of its space left"),
      expect.stringContaining("has 0 of 456 inodes left"),
    ]);
  });

  it("is not one that merely has little left, nor one without a number of inodes", () => {
    const shop = {
      containers: [odoo(exited), db()],
      proxy,
      disks: seen([
        disk("/", { size: 81_106_868, available: 9_000 }),
        disk("/boot/efi", { inodes: undefined, inodesFree: undefined }),
        disk("/proc", { size: 0, available: 0 }),
      ]),
    };
    expect(causeOf(shop)).toBe("odoo-stopped");
  });
});
