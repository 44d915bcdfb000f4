// What changed lately: files, checkouts, packages, and the kernel's killings.

import { describe, expect, it } from "vitest";
import { parseHistory } from "../../../src/survey/parse/history.ts";
import { part } from "../part.ts";

const read = (kind: string, body: string, zone = 0) => parseHistory([part(kind, "", body)], zone);

describe("history", () => {
  it("that says nothing is empty, not missing", () => {
    expect(parseHistory([], 0)).toEqual({ files: [], git: [], packages: [], kills: [], gaveUp: [] });
  });

  it.each([
    [0, Date.UTC(2026, 10, 24, 2, 46)],
    [330, Date.UTC(2026, 10, 23, 21, 16)],
    [-300, Date.UTC(2026, 10, 24, 7, 46)],
  ])("of packages is in the host's time, %i minutes east", (zone, at) => {
    expect(read("packages", "2026-11-24 02:46:00 upgrade nginx:amd64 1.18 1.22\n", zone).packages).toEqual([
      { at, what: "nginx 1.18 upgraded to 1.22" },
    ]);
  });

  it("of packages tells new ones from newer ones, whatever their names", () => {
    const log =
      "2026-11-24 02:46:00 install libc++1:amd64 <none> 1:15\n2026-11-24 02:46:01 upgrade python3:all 3.1 3.2\n";
    expect(read("packages", log).packages.map(({ what }) => what)).toEqual([
      "libc++1 1:15 installed",
      "python3 3.1 upgraded to 3.2",
    ]);
  });

  it("of a checkout keeps a subject with anything in it, and one without any", () => {
    const rows =
      "1714540000\t/opt/odoo ce\tabc1234\tFix \x1b[31mit\x1b[0m\n1714540000\t/a\tdef5678\n1714540000\t/b\n";
    expect(read("git", rows).git).toEqual([
      { at: 1_714_540_000_000, directory: "/opt/odoo ce", commit: "abc1234 Fix it" },
      { at: 1_714_540_000_000, directory: "/a", commit: "def5678" },
    ]);
  });

  it("of the kernel has its own words, whoever's journal they stand in", () => {
    const rows =
      "1714557000.123456 droplet kernel: oom-kill:constraint=CONSTRAINT_NONE,task=python3\n1714557001 h kernel: Out of memory: Killed process 9 (odoo)\n-- No entries --\n";
    expect(read("kernel", rows).kills).toEqual([
      { at: 1_714_557_000_000, what: "oom-kill:constraint=CONSTRAINT_NONE,task=python3" },
      { at: 1_714_557_001_000, what: "Out of memory: Killed process 9 (odoo)" },
    ]);
  });

  it("of what was given up takes only marks of the known form", () => {
    const rows = [
      "shop-1234abcd\t2026-11-24T02:46:00Z 01234567-1-boot-check: Docker does not answer yet",
      "../../etc\t2026-11-24T02:46:00Z 01234567-1-boot-check: x",
      "shop\tyesterday 01234567-1-boot-check: x",
      "shop\t2026-11-24T02:46:00Z $(touch x): x",
      "shop",
    ];
    expect(read("gave-up", rows.join("\n")).gaveUp).toEqual([
      {
        at: Date.UTC(2026, 10, 24, 2, 46),
        step: "01234567-1-boot-check",
        why: "Docker does not answer yet",
        key: "shop-1234abcd",
      },
    ]);
  });

  it("leaves out lines that make no sense", () => {
    expect(read("files", "x\ty\n1714550000 /no/tab\n1714550000\t/a b\n").files).toEqual([
      { at: 1_714_550_000_000, file: "/a b" },
    ]);
    expect(read("packages", "yesterday noon upgrade a b c\nnonsense\n").packages).toEqual([]);
  });
});
