/** Takes a survey: sends survey.sh, reads the answer, and looks at the public side meanwhile. */

import { readFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import type { Host } from "../host/host.ts";
import { assignments } from "../host/quote.ts";
import { COMPILED_BADLY } from "./compiled-badly.ts";
import { type HostSurvey, parseSurvey } from "./parse/index.ts";
import { namesIn, secretsIn } from "./secrets.ts";
import { ifSeen, type Observation, type PublicProbe, type Survey } from "./survey.ts";

const TOOLS = readFileSync(new URL("../host/tools.sh", import.meta.url), "utf8");
const PROBES = [
  readFileSync(new URL("./probes/host.sh", import.meta.url), "utf8"),
  readFileSync(new URL("./probes/docker.sh", import.meta.url), "utf8"),
  readFileSync(new URL("./probes/http.sh", import.meta.url), "utf8"),
  readFileSync(new URL("./probes/nginx.sh", import.meta.url), "utf8"),
  readFileSync(new URL("./probes/database.sh", import.meta.url), "utf8"),
  readFileSync(new URL("./probes/history.sh", import.meta.url), "utf8"),
];
const SURVEY = readFileSync(new URL("./survey.sh", import.meta.url), "utf8");
const IN_DATABASE = readFileSync(new URL("./in-database.sh", import.meta.url), "utf8");
const ACTIVITY = readFileSync(new URL("./activity.sql", import.meta.url), "utf8");
const MODULES = readFileSync(new URL("./modules.sql", import.meta.url), "utf8");
const BUNDLES = readFileSync(new URL("./bundles.sql", import.meta.url), "utf8");
const FILES = readFileSync(new URL("./files.sql", import.meta.url), "utf8");
const NAMED_MODULE = readFileSync(new URL("./named-module.sql", import.meta.url), "utf8");
const IN_ODOO = [
  readFileSync(new URL("./odoo-process.py", import.meta.url), "utf8"),
  readFileSync(new URL("./in-odoo.py", import.meta.url), "utf8"),
].join("\n");
const PAGE_ASSETS = readFileSync(new URL("./page-assets.awk", import.meta.url), "utf8");
const ACCESS_LOG = readFileSync(new URL("./access-log.awk", import.meta.url), "utf8");

const PROGRAM = [TOOLS, ...PROBES, SURVEY].join("\n");

/** What a survey must be told: where the user says things are. */
export interface SurveyWishes {
  readonly url: URL | undefined;
  readonly directory: string | undefined;
  readonly composeFile: string | undefined;
  readonly dbUser: string | undefined;
  /** A module that the user named: what depends on it, and what it owns. */
  readonly module: { readonly name: string } | undefined;
}

export interface SurveyMeans {
  readonly host: Pick<Host, "run">;
  readonly clock: Clock;
  /** What the public gets, asked from here. */
  readonly askPublic: (url: URL, signal?: AbortSignal) => Promise<Observation<PublicProbe>>;
  /** Told the secrets that were seen, and what is called by a name, before the survey is handed out. */
  readonly learn: (secrets: readonly string[], names: readonly string[]) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface SurveyScope {
  /** How many of each container's last log lines to bring. */
  readonly logLines: number;
  /** Set: only what changes while one waits is asked for, and the rest is taken from this earlier survey. */
  readonly before?: Survey | undefined;
}

/**
 * Seconds that one GET of the survey may take. Odoo's first page after a boot compiles assets, which takes a few; who waits
 * longer for a login page has left.
 */
const HTTP_SECONDS = 10;
/** Bounded on the host: the longest chain is docker (10 s), two pages (10 s each), the inner one (5 s), and assets (20 s). */
const SURVEY_SECONDS = 90;

/**
 * So long the public side waits for the look at the host, in milliseconds. One that takes longer waits for a page that does
 * not come: to ask one after the other helps nobody then, and costs ten seconds more.
 */
const PUBLIC_AFTER = 12_000;

/**
 * One read-only look at the host, in one round trip, and then at the public side from here: one page at a time (`after_proxy`
 * in probes/http.sh), as long as pages come.
 *
 * @throws HostError when the host cannot be asked
 */
export async function takeSurvey(
  means: SurveyMeans,
  wishes: SurveyWishes,
  scope: SurveyScope,
): Promise<Survey> {
  const { clock, askPublic, learn, signal } = means;
  const { url } = wishes;
  const asked = clock.now();
  const over = new AbortController();
  const early = url && askAfter(PUBLIC_AFTER, url, means, over.signal);
  try {
    const raw = await askHost(means, wishes, scope);
    const answered = clock.now();
    learn(secretsIn(raw), namesIn(raw));
    const survey = await parseSurvey(raw, scope.before);
    // One that was late for another reason (the host was away) would not know what the public gets by now.
    const inTime = hangs(survey) ? early : undefined;
    if (inTime === undefined) over.abort();
    return {
      ...survey,
      public: url && (await (inTime ?? askPublic(url, signal))),
      clockSkew: skew(ifSeen(survey.host)?.epoch, asked, answered),
    };
  } finally {
    over.abort();
  }
}

function askHost({ host, signal }: SurveyMeans, wishes: SurveyWishes, { before, logLines }: SurveyScope) {
  const look = before === undefined ? "whole" : "vital";
  return host.run(
    {
      name: "survey",
      text: PROGRAM,
      values: {
        LOOK: look,
        URL_SCHEME: wishes.url?.protocol.replace(":", "") ?? "",
        URL_HOST: wishes.url?.hostname ?? "",
        URL_PORT: wishes.url?.port ?? "",
        DIRECTORY: wishes.directory ?? "",
        COMPOSE_FILE: wishes.composeFile ?? "",
        LOG_LINES: String(logLines),
        HTTP_SECONDS: String(HTTP_SECONDS),
        IN_DATABASE: `${assignments({
          ACTIVITY_SQL: ACTIVITY,
          MODULES_SQL: MODULES,
          BUNDLES_SQL: BUNDLES,
          FILES_SQL: FILES,
          NAMED_MODULE_SQL: NAMED_MODULE,
          MODULE: wishes.module?.name ?? "",
          LOOK: look,
          DB_USER: wishes.dbUser ?? "",
        })}${IN_DATABASE}`,
        IN_ODOO_PY: IN_ODOO,
        ACCESS_LOG_AWK: ACCESS_LOG,
        PAGE_ASSETS_AWK: PAGE_ASSETS,
        COMPILED_BADLY_CSS: COMPILED_BADLY.css,
        COMPILED_BADLY_JS: COMPILED_BADLY.js,
      },
      seconds: SURVEY_SECONDS,
      repeatable: true,
      privileged: false,
      maxOutputBytes: 16_000_000,
    },
    signal,
  );
}

/** Where nobody needs the answer any more, `over` ends the asking, and that is no error. */
function askAfter(
  milliseconds: number,
  url: URL,
  { clock, askPublic, signal }: SurveyMeans,
  over: AbortSignal,
): Promise<Observation<PublicProbe>> {
  const either = signal === undefined ? over : AbortSignal.any([over, signal]);
  const asking = clock.sleep(milliseconds, either).then(() => askPublic(url, either));
  asking.catch(() => {});
  return asking;
}

/** Whether the proxy, or an Odoo, accepted a connection and sent no page in time. */
function hangs({ proxy, direct }: HostSurvey): boolean {
  const answers = [ifSeen(proxy)?.answer, ...(ifSeen(direct) ?? []).map(({ answer }) => ifSeen(answer))];
  return answers.some((answer) => answer?.answered === false && answer.problem === "timed-out");
}

/** Seconds by which the host's clock is ahead: 0 as long as it may have been right at some moment of the asking. */
function skew(epoch: number | undefined, began: number, ended: number): number | undefined {
  if (epoch === undefined) return undefined;
  const [least, most] = [Math.floor(began / 1000) - 1, Math.ceil(ended / 1000) + 1];
  return epoch < least ? epoch - least : epoch > most ? epoch - most : 0;
}
