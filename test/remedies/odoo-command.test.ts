// How a second Odoo is called: as the one that serves, and never with what installs, updates or chooses a database.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandOf } from "../../src/remedies/odoo-command.ts";
import { containerOf } from "./support.ts";

describe("a second Odoo's command", () => {
  it.each<[readonly string[], readonly string[]]>([
    [["odoo"], ["odoo"]],
    [
      ["odoo", "-c", "/etc/odoo/odoo.conf", "--workers=2"],
      ["odoo", "-c", "/etc/odoo/odoo.conf", "--workers=2"],
    ],
    [
      ["odoo-bin", "--log-level", "debug"],
      ["odoo-bin", "--log-level", "debug"],
    ],
    [
      ["--workers=2", "--proxy-mode"],
      ["--workers=2", "--proxy-mode"],
    ],
    [
      ["odoo", "-u", "all", "--workers=2"],
      ["odoo", "--workers=2"],
    ],
    [["-u", "all"], []],
    [["--update=all", "--workers=2"], ["--workers=2"]],
    [["-i", "x", "-d", "y"], []],
    [
      ["odoo", "server", "--workers=2"],
      ["odoo", "--workers=2"],
    ],
    [["odoo", "shell"], ["odoo"]],
    [
      ["odoo", "--load-language", "de_DE", "--workers=2"],
      ["odoo", "--workers=2"],
    ],
    [["odoo.sh", "migrate"], ["odoo"]],
    [["odoo-migrate-and-run"], ["odoo"]],
    [["odoo", "-uall"], ["odoo"]],
    [["odoo", "--update=sale,stock", "--init", "shop_notes", "-i", "x"], ["odoo"]],
    [["odoo", "--init=base"], ["odoo"]],
    [["odoo", "-d", "other", "--database", "another", "--database=third", "-dx"], ["odoo"]],
    [["odoo", "--dev=all"], ["odoo"]],
    [["odoo", "--load-language=de_DE"], ["odoo"]],
    [["sh", "-c", "migrate && exec odoo -u all"], ["odoo"]],
    [["/run.sh"], ["odoo"]],
    [["python3", "/opt/wait.py", "odoo"], ["odoo"]],
    [[], ["odoo"]],
  ])("%j is %j", (command, expected) => {
    const { server, options } = commandOf(containerOf("odoo", { command }));
    expect([...server, ...options]).toEqual(expected);
  });

  it("behind Odoo's name never installs, updates or chooses a database, whatever stands there", () => {
    const word = fc.constantFrom(
      "-u",
      "-i",
      "-d",
      "all",
      "--update",
      "--update=all",
      "--init=sale",
      "--init",
      "-uall",
      "-isale",
      "--database=x",
      "--database",
      "--workers=2",
      "-c",
      "/etc/odoo/odoo.conf",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        for (const kept of commandOf(containerOf("odoo", { command: ["odoo", ...words] })).options)
          expect(kept).not.toMatch(/^(?:-[uid]|--(?:update|init|database)\b)/);
      }),
    );
  });

  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ["the official image", ["/entrypoint.sh"], ["odoo"], ["odoo", "shell"]],
    ["one given options alone", ["/entrypoint.sh"], ["--workers=2"], ["odoo", "shell"]],
    ["an image whose entrypoint is Odoo", ["/usr/bin/odoo"], ["--workers=2"], ["shell"]],
    ["the same without options", ["/usr/bin/odoo"], [], ["shell"]],
    [
      "one that calls it by another name",
      ["/tini", "--"],
      ["/usr/bin/odoo-bin", "-c", "x"],
      ["/usr/bin/odoo-bin", "shell"],
    ],
  ])("as a shell, of %s", (_, entrypoint, command, shell) => {
    expect(commandOf({ entrypoint, command }).shell).toEqual(shell);
  });
});
