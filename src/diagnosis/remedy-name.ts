/** What may be done about it, by name; how is in src/remedies/. */

export type RemedyName =
  | "start-docker"
  | "start-nginx"
  | "start-db"
  | "start-stack"
  | "resume-odoo"
  | "restart-odoo"
  | "boot-check"
  | "fix-permissions"
  | "regenerate-assets"
  | "wipe-assets"
  | "module";

export interface RuledOut {
  readonly remedy: RemedyName;
  readonly why: string;
}
