/** What the pages lead to is there: files, headings, and npm's scripts. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = ["*.md", "docs/*.md", "test/**/*.md"].flatMap((pattern) => globSync(pattern, { cwd: ROOT }));

const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const withoutCode = (text: string): string =>
  text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "").replaceAll(/`[^`\n]*`/g, "");

/** As GitHub makes an anchor of a heading: small letters, spaces as hyphens, and no other signs. */
function anchorsOf(page: string): Set<string> {
  const headings = read(page)
    .replaceAll(/^ *```[\s\S]*?^ *```$/gm, "")
    .matchAll(/^#+ (.+)$/gm);
  const anchors = [...headings].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
  return new Set(
    anchors.map((anchor, at) => {
      const before = anchors.slice(0, at).filter((each) => each === anchor).length;
      return before === 0 ? anchor : `${anchor}-${before}`;
    }),
  );
}

/** The relative links of a page, pictures included. */
function linksOf(page: string): string[] {
  return [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

describe("the pages", () => {
  it("are found, and have links", () => {
    expect(PAGES).toEqual(expect.arrayContaining(["README.md", "docs/quick-start.md", "SECURITY.md"]));
    expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(50);
  });

  it("lead to files and headings that are there", () => {
    const broken = PAGES.flatMap((page) =>
      linksOf(page)
        .filter((link) => {
          const [path = "", anchor] = link.split("#");
          const target = path === "" ? page : normalize(join(dirname(page), path));
          if (!existsSync(join(ROOT, target))) return true;
          return anchor !== undefined && !anchorsOf(target).has(anchor);
        })
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it("name only scripts of npm that there are", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)].map(
        ([, run, short]) => run ?? short ?? "",
      ),
    );
    expect(named).toContain("start");
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});
