// A section's name comes from the host: whatever it is, it becomes one harmless file name, or none.

import { join, normalize } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { evidenceName } from "../../src/evidence/file-name.ts";
import { HOSTILE } from "../support/hostile.ts";

it.each([
  ["ps", "ps.txt"],
  ["compose", "compose.json"],
  ["log shop-odoo-1", "shop-odoo-1.log"],
  ["inspect shop-odoo-1", "shop-odoo-1.inspect.json"],
  ["nginx", "nginx.txt"],
  ["nginx shop-proxy-1", "shop-proxy-1.nginx.txt"],
  ["nginx-errors", "nginx-errors.txt"],
  ["stacks", "stacks.txt"],
])("%s goes into %s", (section, file) => {
  expect(evidenceName(section)?.file).toBe(file);
});

it.each([
  ["a kind that the action did not ask for", "requirements"],
  ["a path as a kind", "../../../requirements"],
  ["an absolute path", "/etc/cron.d/x"],
  ["no kind", ""],
  ["a kind of JavaScript's own", "__proto__"],
  ["a kind of JavaScript's own with a subject", "constructor shop"],
  ["a container that is a path", "log ../../../../x"],
  ["a container in a hidden file", "log .git"],
  ["a container's name with a line end", "log a\nb"],
  ["a container's name that is too long", `log ${"x".repeat(300)}`],
  ["a log of nothing", "log"],
  ["a kind of the host's with a container", "ps shop-odoo-1"],
  ["three words", "log a b"],
  ["NUL", "log a\0b"],
  ["a backslash", "log ..\\x"],
  ["a name that Windows reserves", "log CON"],
  ["a name that Windows reserves, with an extension", "inspect com1.shop"],
])("%s has no file", (_, section) => {
  expect(evidenceName(section)).toBeUndefined();
});

it("is one segment below its folder, whatever the host calls it", () => {
  const word = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(...HOSTILE),
    fc.constantFrom("log", "inspect"),
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), (words) => {
      const file = evidenceName(words.join(" "))?.file;
      if (file === undefined) return;
      expect(normalize(join("/evidence/before", file))).toBe(`/evidence/before/${file}`);
      expect(file).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]*\.(?:txt|json|log)$/);
    }),
    { numRuns: 2_000 },
  );
});
