/** Words that want to be more than words, and the places of a survey where the product shows words of the host. */

import { type Any, type Printed, reprinted, utf8 } from "../attack.ts";
import type { Bend } from "../droplet.ts";

/** Each wants to be rendered, obeyed or believed where it is shown. All hold the mark that the judge looks for. */
export const WORDS = {
  "markdown in lines": [
    "\n# pwn\n",
    "\npwn\n===\n",
    "\n\n- pwn\n- pwn\n",
    "\n> pwn\n",
    "\n***\n",
    "**pwn** _pwn_ ~~pwn~~",
    "[pwn](https://pwn.example/)",
    "![pwn](https://pwn.example/pwn.png)",
    "[pwn][1]\n\n[1]: https://pwn.example/\n",
    "[pwn]: https://pwn.example/",
    "pwn[^1]\n\n[^1]: pwn\n",
    "<https://pwn.example/>",
    "https://pwn.example/ http://pwn.example www.pwn.example pwn@pwn.example",
    "pwn | pwn | pwn",
    "\n| pwn |\n|---|\n| pwn |\n",
  ],
  "mentions, issues and emoji": [
    "@pwn-admin @pwn/team",
    "(@pwn) x@pwn",
    "pwn #31337 GH-31337 acme/shop#31337",
    "pwn :tada: :green_circle:",
    "pwn 🟢 healthy: every layer is good",
  ],
  HTML: [
    "<img src=x onerror=alert(1) alt=pwn>",
    "<script>pwn()</script>",
    "<style>body{display:none}</style>pwn",
    "<!-- pwn",
    "-->pwn",
    "<a href=https://pwn.example>pwn</a>",
    "</code><h1>pwn</h1><code>",
    "</summary></details><details open><summary>pwn</summary>",
    "\n\n</details>\n\n## pwn\n\n",
    "<picture><source srcset=https://pwn.example/pwn.png></picture>",
    "<svg onload=pwn()>",
    "&lt;img src=pwn&gt; &#60;b&#62;pwn",
  ],
  "fences and what is drawn in them": [
    "\n```\npwn\n# pwn\n```\n",
    "\n````````````\n# pwn\n",
    "\n~~~~~~~~~~~~\n# pwn\n~~~\n",
    `\n${"`".repeat(300)}\n[pwn](https://pwn.example)\n`,
    "\n```mermaid\ngraph TD; pwn-->pwn\n```\n",
    "\n```math\npwn\n```\n",
    "$pwn^2$ $`pwn`$ $$pwn$$",
    "`pwn` ``pwn` ```",
    "\n    pwn\n",
  ],
  "workflow commands": [
    "\n::error::pwn\n",
    "\r::error title=pwn::pwn\r",
    "\r\n::warning::pwn\r\n",
    "\n  ::notice::pwn\n",
    "\n::set-output name=status::pwn\n",
    "\n::set-env name=PATH::pwn\n",
    "\n::add-path::/pwn\n",
    "\n::add-mask::unhealthy\n",
    "\n::stop-commands::pwn\n",
    "\n::group::pwn\n",
    "\n::debug::pwn\n",
    "\n::save-state name=report_directory::/pwn\n",
    "##[error]pwn",
    "\n##[add-mask]unhealthy\n",
    "pwn ##[set-output name=status;]pwn",
    "##vso[task.setvariable variable=pwn]pwn",
    "pwn%0A::error::pwn",
    "\u2028::error::pwn\u2029::error::pwn\u0085::error::pwn\f::error::pwn\v::error::pwn",
    "\nghadelimiter_pwn\nstatus<<EOF\npwn\nEOF\n",
  ],
  "what terminals obey, and what cannot be seen": [
    "\x1b[31mpwn\x1b[0m \x1b[2J\x1b[1;1Hpwn",
    "\x1b]0;pwn\x07 \x1b]8;;https://pwn.example\x07pwn\x1b]8;;\x07",
    "\x1b]52;c;cHdu\x07pwn",
    "\x9b31mpwn \x9d0;pwn\x9c",
    "pwn\x08\x08\x08ok \x7f \x00",
    "\u202epwn\u202c \u2066pwn\u2069 \u200fpwn \u061cpwn",
    "p\u200bw\u200cn\u200d \u2060\ufeffpwn",
    "pwn\rgood",
    "\ud800pwn\udfff",
    "pwn\u0300\u0301".repeat(40),
  ],
} as const;

/** In a line of a list that ends at line feeds: what follows one would be another line. */
const inLine = (word: string): string => word.replaceAll("\n", "\r").replaceAll("\t", " ");

/**
 * Puts words in all the places of a survey that are shown to people: the names and errors of containers, paths,
 * settings, logs, changes, processes, pages. One place gets one of the words, in turn.
 */
export function wordsEverywhere(words: readonly string[], turn = 0): Bend {
  return reprinted((printed) => {
    let next = turn;
    const word = (): string => words[next++ % words.length] ?? "";
    const line = (): string => utf8(inLine(word()));
    putIntoContainers(printed, word);
    for (const section of printed.sections) {
      const [kind = ""] = section.name.split(" ");
      section.body = putInto(kind, section.body, line, word);
    }
  });
}

function putIntoContainers(printed: Printed, word: () => string): void {
  for (const section of printed.sections) {
    if (!section.name.startsWith("probe containers ")) continue;
    const containers = JSON.parse(Buffer.from(section.body, "latin1").toString());
    for (const container of containers as Any[]) {
      container.Name = `/${container.Name.slice(1)}${word()}`;
      container.State.Error = word();
      container.Config.Image = word();
      container.Config.Cmd = [word(), word()];
      container.Config.Env = [...(container.Config.Env ?? []), `DB_HOST=${word()}`];
      container.HostConfig.RestartPolicy = { Name: word() };
    }
    section.body = utf8(JSON.stringify(containers));
  }
}

/** Lines as the probes print them (survey/probes/). */
function putInto(kind: string, body: string, line: () => string, word: () => string): string {
  const now = Math.floor(Date.now() / 1000);
  switch (kind) {
    case "files":
      return `${body}${now}\t/opt/${line()}\n${now}\t${line()}\n`;
    case "git":
      return `${body}${now}\t/opt/odoo-ce\t0123abc\t${line()}\n`;
    case "packages":
      return `${body}2026-01-01 00:00:00 upgrade ${line().replaceAll(" ", "")}:amd64 1 2\n`;
    case "kernel":
      return `${body}${now}.5 droplet kernel: Out of memory: Killed process 1 (${line()})\n`;
    case "containers":
      return `${body}${line()}\todoo:17\tUp 2 hours\t0.0.0.0:8069->8069/tcp\t\n${line()}\ttraefik\tUp\t80\t\n`;
    case "services":
      return `${body}odoo${line().replaceAll(" ", "")}.service loaded active running Odoo\n`;
    case "conf":
      return `${body}1:db_host = ${line()}\n2:workers = ${line()}\n3:db_name = ${line()}\n`;
    case "outline":
      return `${body}/opt/${line()}:7:    image: ${line()}\n`;
    case "log":
      return `${body}2026-11-30 23:00:00,000 1 CRITICAL odoo odoo.modules.registry: Failed to load registry\nTraceback (most recent call last):\n  File "/mnt/extra-addons/shop/models/${line()}.py", line 1, in <module>\n    import ${line()}\nModuleNotFoundError: No module named '${line()}'\n`;
    case "hashes":
      return `${body}odoo ${line().replaceAll(" ", "")}\n`;
    case "config-why":
      return line();
    case "access":
      return body.replaceAll("/web/login", () => `/web/${line().replaceAll(" ", "")}`);
    case "answer":
      return body
        .replace(/^type=.*$/m, () => `type=text/${line()}`)
        .replace(/^location=.*$/m, () => `location=/${line()}`)
        .replace("<title>", () => `<title>${utf8(word())}`);
    case "asset":
      return `${body}marker=${line()}\n`;
    case "journal":
      return `${body}2026/11/30 23:00:00 [error] 1#1: *1 connect() failed (111: Connection refused) ${line()}\n`;
    default:
      return body;
  }
}
