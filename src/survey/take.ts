/** Takes a survey: sends survey.sh, reads the answer. */

import { readFileSync } from "node:fs";
import type { Host, ProgramResult } from "../host/host.ts";
import { parseSurvey, secretsIn } from "./parse.ts";
import type { Survey } from "./survey.ts";

const TOOLS = readFileSync(new URL("../host/tools.sh", import.meta.url), "utf8");
const SURVEY = readFileSync(new URL("./survey.sh", import.meta.url), "utf8");

/** What a survey must be told: where the user says things are. */
export interface SurveyWishes {
  readonly url: URL | undefined;
  readonly directory: string | undefined;
  readonly composeFile: string | undefined;
}

/** Seconds that one GET of the survey may take. Odoo's first page after a boot compiles assets: a few seconds. */
const HTTP_SECONDS = 15;
/** Bounded on the host: docker (10 s) and then a GET (15 s) are the longest chain of probes, with room for a slow host. */
const SURVEY_SECONDS = 60;

/**
 * One read-only look at the host, in one round trip.
 *
 * @param logLines how many of each container's last log lines to bring
 * @param learn told the secrets that were seen, before the survey is handed out
 * @throws HostError when the host cannot be asked
 */
export async function takeSurvey(
  host: Host,
  wishes: SurveyWishes,
  logLines: number,
  learn: (secrets: readonly string[]) => void,
  signal?: AbortSignal,
): Promise<{ survey: Survey; raw: ProgramResult }> {
  const raw = await host.run(
    {
      name: "survey",
      text: `${TOOLS}\n${SURVEY}`,
      values: {
        URL_SCHEME: wishes.url?.protocol.replace(":", "") ?? "",
        URL_HOST: wishes.url?.hostname ?? "",
        URL_PORT: wishes.url?.port ?? "",
        DIRECTORY: wishes.directory ?? "",
        COMPOSE_FILE: wishes.composeFile ?? "",
        LOG_LINES: String(logLines),
        HTTP_SECONDS: String(HTTP_SECONDS),
      },
      seconds: SURVEY_SECONDS,
      repeatable: true,
      privileged: false,
      maxOutputBytes: 16_000_000,
    },
    signal,
  );
  learn(secretsIn(raw));
  return { survey: parseSurvey(raw), raw };
}
