/** What the droplet keeps beside a dump: read once, from a host that may say anything, into a form that can be relied on. */

import * as v from "valibot";
import { HostError } from "../errors.ts";

/** Larger than any database; every number up to it is exact. */
const MOST_BYTES = 2 ** 50;
/** PostgreSQL has no limit of its own; Odoo has some hundreds. */
const MOST_TABLES = 1_000_000;
/** `backup_timeout` allows no more than this by far. */
const MOST_SECONDS = 30 * 86_400;

/** When the dump was begun, and the extension. */
const STAMP = /^\d{8}T\d{6}Z\.dump$/;

export interface Manifest {
  /** In the folder of backups; undefined where the dump was sent to the runner and does not lie there. */
  readonly file: string | undefined;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly seconds: number;
  /** Tables whose rows are in the dump. */
  readonly tables: number;
  /** A folder in Odoo's container; undefined where the filestore was not kept. */
  readonly snapshot: string | undefined;
}

/** What this run asked for: what the manifest says must be of it. */
export interface Expected {
  /** The step's id, never used before. */
  readonly step: string;
  /** The dump's name without its time and its extension. */
  readonly fileName: string;
  /** Where the filestore is kept, in Odoo's container; undefined where no snapshot was asked for. */
  readonly snapshot: string | undefined;
}

/**
 * @param text as the host printed it
 * @throws HostError `nonsense`, with what is wrong, when it is not the manifest of this very backup
 */
export function readManifest(text: string, expected: Expected): Manifest {
  const parsed = v.safeParse(schemaFor(expected), text);
  if (parsed.success) {
    const { file, bytes, sha256, seconds, tables, snapshot } = parsed.output;
    return { file: file || undefined, bytes, sha256, seconds, tables, snapshot: snapshot || undefined };
  }
  throw new HostError("nonsense", "The droplet's record of the backup cannot be understood", {
    detail: parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "record"}: ${issue.message}`).join("\n"),
  });
}

function schemaFor({ step, fileName, snapshot }: Expected) {
  const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));
  // Neither is taken as it comes: each has one form that this run's own values decide.
  const isOurFile = (file: string): boolean =>
    file === "" || (file.startsWith(`${fileName}-`) && STAMP.test(file.slice(fileName.length + 1)));
  return v.pipe(
    v.string(),
    v.maxLength(65_536),
    v.parseJson(undefined, "is no JSON"),
    v.object({
      step: v.literal(step),
      file: v.pipe(v.string(), v.check(isOurFile, "is not the name of this backup's file")),
      bytes: whole(MOST_BYTES),
      sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "is no SHA-256")),
      seconds: whole(MOST_SECONDS),
      tables: whole(MOST_TABLES),
      snapshot: v.picklist(
        snapshot === undefined ? [""] : ["", snapshot],
        "is not where this backup keeps the filestore",
      ),
    }),
  );
}
