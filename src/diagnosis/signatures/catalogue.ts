/** The catalogue of signatures: its areas, lowest layer first, one file for each; and how long what they say holds. */

import { DOCKER } from "./docker.ts";
import { HOST } from "./host.ts";
import { NGINX } from "./nginx.ts";
import { ODOO_ASSETS } from "./odoo-assets.ts";
import { ODOO_BOOT } from "./odoo-boot.ts";
import { ODOO_DATABASE } from "./odoo-database.ts";
import { ODOO_LIMITS } from "./odoo-limits.ts";
import { ODOO_MODULES } from "./odoo-modules.ts";
import { POSTGRES } from "./postgres.ts";
import type { Signature } from "./signature.ts";

/** Of the catalogue; raised with every change of what is recognised or of what follows from it. */
export const VERSION = 1;

/** What repeats itself at every request, and at every look of ours, is old news after so long; in milliseconds. */
export const LATELY = 2 * 60_000;
/** What comes and goes. */
export const A_WHILE = 15 * 60_000;

interface Area {
  readonly name: string;
  /** For people: what its signatures are about. */
  readonly about: string;
  readonly signatures: readonly Signature[];
  /** How long ago it may have been said, in milliseconds; Infinity: at the last start, whenever that was. */
  readonly reach: number;
  /** Whether a page that Odoo handed out afterwards shows that it no longer holds. */
  readonly refutedByPages: boolean;
  /** Whether it tells of one start of PostgreSQL, and no longer holds after the next. */
  readonly ofOneDatabaseStart?: boolean;
}

/** Lowest layer first. */
export const AREAS: readonly Area[] = [
  {
    name: "host",
    about: "The host: kernel, disk, memory",
    signatures: HOST,
    reach: LATELY,
    refutedByPages: true,
  },
  {
    name: "docker",
    about: "Docker and Compose",
    signatures: DOCKER,
    reach: Infinity,
    refutedByPages: true,
  },
  {
    name: "postgres",
    about: "PostgreSQL",
    signatures: POSTGRES,
    reach: LATELY,
    refutedByPages: true,
  },
  {
    name: "odoo-database",
    about: "Odoo's database, as Odoo sees it",
    signatures: ODOO_DATABASE,
    reach: LATELY,
    refutedByPages: true,
    ofOneDatabaseStart: true,
  },
  {
    name: "odoo-boot",
    about: "Odoo's start",
    signatures: ODOO_BOOT,
    reach: Infinity,
    refutedByPages: true,
  },
  {
    name: "odoo-modules",
    about: "Odoo's modules",
    signatures: ODOO_MODULES,
    reach: Infinity,
    refutedByPages: true,
  },
  {
    name: "odoo-limits",
    about: "Odoo's limits",
    signatures: ODOO_LIMITS,
    reach: A_WHILE,
    refutedByPages: false,
  },
  {
    name: "odoo-assets",
    about: "Odoo's files, stylesheets and scripts",
    signatures: ODOO_ASSETS,
    reach: A_WHILE,
    refutedByPages: false,
  },
  {
    name: "nginx",
    about: "nginx",
    signatures: NGINX,
    reach: A_WHILE,
    refutedByPages: false,
  },
];
