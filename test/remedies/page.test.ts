// The page check of remedies, run by the real sh on a site of ours: what a failed compilation leaves is looked for in its own
// kind of asset.

import { describe, expect, it } from "vitest";
import { pageProgram } from "../../src/remedies/page.ts";
import { checkedProgram } from "../../src/remedies/remedy.ts";
import { diagnosisOf, RemedyHost } from "./support.ts";

const PAGE = `<form class="oe_login_form"></form><link rel="stylesheet" href="/web/a.css"/><script src="/web/b.js"></script>`;

/** What the check says of a login page with these two assets. */
function check({ css = "body {}", js = "let a" }: { readonly css?: string; readonly js?: string }): string {
  using host = new RemedyHost();
  return checkOn(host, css, js);
}

function checkOn(host: RemedyHost, css: string, js: string): string {
  host.says("page", PAGE).says("css", css).says("js", js);
  host.says("on-port", "echo 127.0.0.1:8069");
  host.command(
    "curl",
    `echo "$*" >>"$FAKE/calls"
while [ $# -gt 1 ]; do case $1 in --output) out=$2 ;; --config) cat "$2" >>"$FAKE/configured" ;; esac; shift; done
case $1 in *.css) cp "$FAKE/css" "$out" ;; *.js) cp "$FAKE/js" "$out" ;; *) cp "$FAKE/page" "$out"; echo 'Set-Cookie: session_id=5e551017; Path=/' >page.headers ;; esac
printf 200`,
  );
  const { text, values } = pageProgram(
    diagnosisOf(),
    'if page_is_good; then echo "good $page_count"; else echo "$page_why"; fi',
    { CONTAINER: "odoo" },
  );
  return host.run(checkedProgram(text, values)).output.trim();
}

describe("the login page", () => {
  it("is asked for its assets in the same session, which is in no program's arguments", () => {
    using host = new RemedyHost();
    expect(checkOn(host, "body {}", "let a")).toBe("good 2");
    expect(host.read("calls")).not.toContain("5e551017");
    expect(host.read("configured")).toBe('header = "Cookie: session_id=5e551017"\n'.repeat(2));
  });

  it.each([
    [
      "a script names the words of a bad stylesheet, as Odoo's error dialog does",
      { js: 'x="css_error_message"' },
    ],
    [
      "a script says of something else that it does not exist",
      { js: 'console.error("Field x does not exist")' },
    ],
    ["a script throws an error of its own beside a template", { js: 'throw new Error("no");load("a.xml")' }],
    [
      "a stylesheet has the words of a bad script in a comment",
      { css: '/* console.error("Could not get content for x */' },
    ],
  ])("is good where %s", (_, assets) => {
    expect(check(assets)).toBe("good 2");
  });

  it.each([
    ["/web/a.css", { css: "/* ## CSS error message ##*/" }],
    ["/web/a.css", { css: "body::before { content: 'A css error occured' }" }],
    ["/web/b.js", { js: 'console.error("Could not get content for /shop/static/x.js.");' }],
    ["/web/b.js", { js: 'console.error("File /shop/static/x.js does not exist");' }],
    ["/web/b.js", { js: `throw new Error("'Invalid XML template: /shop/static/x.xml' in file '/shop'");` }],
    ["/web/b.js", { js: 'throw new Error("\\"Invalid XML template: it\'s\\" in file \'/shop/x.xml\'");' }],
  ])("is bad where Odoo left an error in %s: %j", (path, assets) => {
    expect(check(assets)).toBe(`${path} was compiled with an error`);
  });
});
