/** Which Odoo is meant: its project, its two services and its database. */

import type { Container, Observation, Project } from "../survey/survey.ts";

/** What the user says about the target; undefined: find out. */
export interface TargetWishes {
  readonly directory: string | undefined;
  readonly composeFile: string | undefined;
  readonly odooService: string | undefined;
  readonly dbService: string | undefined;
  readonly database: string | undefined;
  readonly dbUser: string | undefined;
}

export interface Target {
  readonly project: Project;
  readonly odooService: string;
  /** The containers of the service, as far as they exist. */
  readonly odoo: Container | undefined;
  /** undefined: PostgreSQL is not in this project (managed elsewhere). */
  readonly dbService: string | undefined;
  readonly db: Container | undefined;
  /** The name of Odoo's database. */
  readonly database: Observation<string>;
  /** The role to ask PostgreSQL as; undefined: the one that its container's environment names. */
  readonly dbUser: string | undefined;
  /** All containers of the project, one-off ones left out. */
  readonly containers: readonly Container[];
}
