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
import { VOLUME } from "./volume.ts";
import { WORDS_SHOWN } from "./words-shown.ts";

export const ATTACKS: Readonly<Record<string, readonly Attack[]>> = {
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
