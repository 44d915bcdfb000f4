/** The tables of attacks, by what they are after. */

import type { Attack } from "../attack.ts";
import { BACKUPS } from "./backups.ts";
import { DOCUMENTS } from "./documents.ts";
import { FRAMES } from "./frames.ts";
import { HONEST } from "./honest.ts";
import { PAGES } from "./pages.ts";
import { PARSERS } from "./parsers.ts";
import { PATHS } from "./paths.ts";
import { SECRETS } from "./secrets.ts";
import { STALLS, VOLUME } from "./volume.ts";
import { WORDS_SHOWN } from "./words-shown.ts";

type Tables = Readonly<Record<string, readonly Attack[]>>;

const ALL: Tables = {
  "an honest droplet": HONEST,
  "names that want to be paths": PATHS,
  "words that want to be more": WORDS_SHOWN,
  "frames that are not as they should be": FRAMES,
  "documents of no known form": DOCUMENTS,
  "lines that take a parser long": PARSERS,
  "secrets that are words of the product": SECRETS,
  "public pages": PAGES,
  "what is said of backups": BACKUPS,
  "answers without end": VOLUME,
};

/** Rows that say much the same: in CI a third of them does, the long run has all. */
const ALIKE =
  /^(?:the container is called|docker inspect has the date|every number|the backup's manifest has|lines are long|a step is said|a service is called)/;

function split(attacks: readonly Attack[], inCi: boolean): readonly Attack[] {
  const alike = attacks.filter(({ name }) => ALIKE.test(name));
  return attacks.filter((attack) => {
    const place = alike.indexOf(attack);
    return inCi === (place < 0 || place % 3 === 0);
  });
}

const tables = (inCi: boolean): Tables =>
  Object.fromEntries(
    Object.entries(ALL)
      .map(([area, attacks]): [string, readonly Attack[]] => [area, split(attacks, inCi)])
      .filter(([, attacks]) => attacks.length > 0),
  );

export const ATTACKS: Tables = tables(true);

/** For the long run: the rows that CI leaves out, and what stalls. */
export const OTHER_ATTACKS: Tables = { ...tables(false), "answers that stall": STALLS };
