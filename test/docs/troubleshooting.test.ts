/** docs/troubleshooting.md tells of every message that the source has, and of none that it has not. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { messagesOfSource } from "./messages.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/troubleshooting.md"), "utf8");

/** Told elsewhere, or by what stands beside them. */
const NOT_ON_THE_PAGE: ReadonlySet<string> = new Set([
  // How a run ends that nobody has to do anything about: README.md, "Statuses".
  "…; nothing was changed",
  "…: …. Nothing was changed: this was a plan",
  // Beside a message of its own: what it is about stands in front and behind.
  "…: …",
  "…. Nothing was changed; now: …",
  // Parts of other messages.
  "… UTC",
  "; did you mean …?",
]);

/** The messages that the page names: code in the first column of its tables. */
function entries(): string[] {
  return PAGE.split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...(line.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)])
    .map(([, text = ""]) => text);
}

/** `…` is any text, of either side. An input's name stands in front of a problem that the source has without it. */
function tells(entry: string, message: string): boolean {
  const pattern = entry
    .replace(/^…?[a-z_]+: /, "")
    .split("…")
    .map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${pattern}$`, "s").test(message.trim());
}

describe("docs/troubleshooting.md", () => {
  const messages = messagesOfSource().filter(({ text }) => !NOT_ON_THE_PAGE.has(text));

  it("finds messages of every kind in the source", () => {
    const files = new Set(messages.map(({ file }) => file));
    for (const file of [
      "src/inputs/forms.ts",
      "src/inputs/parse.ts",
      "src/inputs/parse-connection.ts",
      "src/inputs/reader.ts",
      "src/inputs/private-key.ts",
      "src/host/ssh/login.ts",
      "src/host/host.ts",
      "src/leases.ts",
      "src/verdicts.ts",
      "src/backup/gate.sh",
      "src/remedies/second-odoo.sh",
      "src/report/artifacts.ts",
    ])
      expect(files).toContain(file);
    expect(messages.length).toBeGreaterThan(150);
  });

  it("tells of every message that the source has", () => {
    const untold = messages.filter(({ text }) => !entries().some((entry) => tells(entry, text)));
    expect(untold.map(({ text, file }) => `${file}: ${text}`)).toEqual([]);
  });

  it("tells of no message that the source has not", () => {
    const invented = entries().filter((entry) => !messages.some(({ text }) => tells(entry, text)));
    expect(invented).toEqual([]);
  });

  it("has no entry that would fit any message", () => {
    const vague = entries().filter((entry) => entry.replaceAll("…", "").trim().split(/\s+/).length < 2);
    expect(vague).toEqual([]);
  });
});
