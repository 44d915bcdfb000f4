// What the host itself tells: who we are, its processes, ports, services, memory and disks.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseDisks,
  parseHost,
  parseListeners,
  parseMemory,
  parseProcesses,
  parseUnits,
} from "../../../src/survey/parse/host.ts";
import { ifSeen } from "../../../src/survey/survey.ts";
import { part, answer as said } from "../part.ts";

describe("the host", () => {
  const FACTS = "user=root\nprivilege=root\nname=d\nsystem=Linux\nepoch=1714557600\n";

  it.each([
    ["+0000", 0],
    ["+0200", 120],
    ["-0330", -210],
    ["+0545", 345],
    ["-1100", -660],
    ["CEST", 0],
    ["", 0],
  ])("whose zone is %j is %i minutes east", (zone, zoneMinutes) => {
    expect(parseHost(said(`${FACTS}zone=${zone}\n`))).toMatchObject({ value: { zoneMinutes } });
  });

  it("that does not tell load, processors, uptime or boot has them unknown, not zero", () => {
    expect(parseHost(said(`${FACTS}load=\nprocessors=\nuptime=\nboot=\n`))).toMatchObject({
      value: { load: [], processors: undefined, uptimeSeconds: undefined, bootId: "" },
    });
  });

  it.each(["privilege=admin\nepoch=1", "privilege=root\nepoch=never", "privilege=root", "epoch=1714557600"])(
    "that says %j is not known",
    (text) => {
      expect(parseHost(said(text)).observed).toBe(false);
    },
  );
});

describe("a process", () => {
  it.each([
    ["00:07", 7],
    ["12:34", 754],
    ["01:00:00", 3_600],
    ["1-00:00:01", 86_401],
    ["100-23:59:59", 8_726_399],
  ])("that ps saw for %s runs for %i s", (elapsed, seconds) => {
    expect(parseProcesses(said(`  9  1 R<l ${elapsed} a  b\n`))).toEqual({
      observed: true,
      value: [{ pid: 9, parent: 1, state: "R<l", seconds, command: "a  b" }],
    });
  });

  it("in a line that makes no sense is left out, and no process at all is not observed", () => {
    expect(parseProcesses(said("nonsense\n 9 1 R 00:01 x\n"))).toMatchObject({ value: [{ pid: 9 }] });
    expect(parseProcesses(said("nonsense\n")).observed).toBe(false);
  });
});

describe("a listener", () => {
  it.each([
    ["0.0.0.0:80", "0.0.0.0", 80],
    ["127.0.0.53%lo:53", "127.0.0.53%lo", 53],
    ["[::]:443", "[::]", 443],
    ["[::ffff:127.0.0.1]:8069", "[::ffff:127.0.0.1]", 8069],
    ["*:8080", "*", 8080],
  ])("at %s is read", (local, address, port) => {
    const line = `LISTEN    0      4096   ${local}    0.0.0.0:*    users:(("docker-proxy",pid=9,fd=4),("x",pid=1,fd=1))\n`;
    expect(ifSeen(parseListeners(said(line)))).toEqual([{ address, port, program: "docker-proxy" }]);
  });
});

describe("a unit", () => {
  const unit = (more: string): string => `Id=nginx.service\nActiveState=inactive\n${more}\n`;

  it("is read in any order of its properties", () => {
    const lines = ["Result=success", "ActiveState=active", "Id=a.service", "LoadState=masked"];
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: 4 }), (order) => {
        expect(ifSeen(parseUnits(said(order.join("\n"))))?.get("a.service")).toEqual({
          load: "masked",
          active: "active",
          result: "success",
          downSince: undefined,
          upSince: undefined,
        });
      }),
    );
  });

  it.each(["", "n/a", "Wed 2024-05-01 09:30:00 CEST", "Wed 2024-05-01 09:30:00 +0200", "0"])(
    "has no time where %j is all that is said of it",
    (stamp) => {
      expect(
        ifSeen(parseUnits(said(unit(`InactiveEnterTimestamp=${stamp}`))))?.get("nginx.service"),
      ).toMatchObject({
        downSince: undefined,
      });
    },
  );

  it("with blank lines or without an end is read", () => {
    const text = `${unit("Result=signal")}\n\n\nId=docker.service\nActiveState=failed`;
    expect([...(ifSeen(parseUnits(said(text))) ?? new Map()).keys()]).toEqual([
      "nginx.service",
      "docker.service",
    ]);
  });
});

describe("memory", () => {
  it("without swap has none of it", () => {
    expect(parseMemory(said("MemTotal: 10 kB\nMemAvailable: 0 kB\n"))).toEqual({
      observed: true,
      value: { total: 10, available: 0, swapTotal: 0, swapFree: 0 },
    });
  });

  it("of a kernel that does not say what is available is not observed", () => {
    expect(parseMemory(said("MemTotal: 10 kB\nMemFree: 5 kB\n")).observed).toBe(false);
  });
});

describe("disks", () => {
  const disks = (space: string, inodes: string) =>
    ifSeen(
      parseDisks(
        said("", [
          part("space", "", `Filesystem 1024-blocks Used Available Capacity Mounted on\n${space}`),
          part("inodes", "", `Filesystem Inodes IUsed IFree IUse% Mounted on\n${inodes}`),
        ]),
      ),
    );

  it("that are named twice, have spaces in their names, or no percentage, are read once each", () => {
    expect(
      disks(
        "/dev/vda1 100 90 10 90% /\n/dev/vda1 100 90 10 90% /\n//nas/my share 50 0 50 0% /mnt/my share\nnone 0 0 0 - /x\n",
        "/dev/vda1 7 7 0 100% /\n",
      ),
    ).toEqual([
      { mount: "/", size: 100, available: 10, inodes: 7, inodesFree: 0 },
      { mount: "/mnt/my share", size: 50, available: 50, inodes: undefined, inodesFree: undefined },
      { mount: "/x", size: 0, available: 0, inodes: undefined, inodesFree: undefined },
    ]);
  });

  it("with no fixed number of inodes have none to run out of", () => {
    expect(disks("/dev/sda 100 1 99 1% /\n", "/dev/sda 0 0 0 - /\n")).toMatchObject([
      { inodes: undefined, inodesFree: undefined },
    ]);
  });

  it("more than full have less than nothing left", () => {
    expect(disks("/dev/sda 100 110 -10 110% /\n", "")).toMatchObject([{ available: -10 }]);
  });

  it("of which only the inodes were seen are not observed", () => {
    expect(disks("", "/dev/sda 9 1 8 12% /\n")).toBeUndefined();
  });
});
