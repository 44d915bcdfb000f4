/** The tables of attacks, by what they are after. */

import type { Attack } from "../attack.ts";
import { HONEST } from "./honest.ts";

export const ATTACKS: Readonly<Record<string, readonly Attack[]>> = {
  "an honest droplet": HONEST,
};
