/**
 * What a section of the evidence is called -> the file it goes into. A section's name comes from the host, which may be
 * in an attacker's hands, so that it decides on nothing but one harmless segment of a path.
 */

/** The kinds of section that our own programs print, and what the file of each is. */
const KINDS: Readonly<
  Record<string, { readonly extension: string; readonly of: "host" | "container" | "either" }>
> = {
  // evidence.sh
  ps: { extension: "txt", of: "host" },
  compose: { extension: "json", of: "host" },
  inspect: { extension: "json", of: "container" },
  log: { extension: "log", of: "container" },
  nginx: { extension: "txt", of: "either" },
  "nginx-errors": { extension: "txt", of: "host" },
  "journal-docker": { extension: "txt", of: "host" },
  "journal-nginx": { extension: "txt", of: "host" },
  processes: { extension: "txt", of: "host" },
  // freeze.sh
  stacks: { extension: "txt", of: "host" },
  activity: { extension: "txt", of: "host" },
  locks: { extension: "txt", of: "host" },
};

/** As Docker names containers; its own limit is that of a host name, and Compose's names stay far below. */
const CONTAINER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/**
 * What Windows keeps for devices, with any extension: nobody could unpack such a file there.
 * https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Whether a file cannot have this name on every system. */
export function isReserved(name: string): boolean {
  return RESERVED.test(name);
}

/** A section's name, read: what it holds, and the file that it goes into. */
export interface EvidenceName {
  readonly kind: string;
  /** One segment of a path: `odoo-ce-odoo-1.log`, `odoo-ce-odoo-1.inspect.json`, `compose.json`, `ps.txt`. */
  readonly file: string;
}

/**
 * @param section `KIND` or `KIND CONTAINER`, as the host printed it
 * @returns undefined for what none of our programs prints: another kind, or a container whose name is none
 */
export function evidenceName(section: string): EvidenceName | undefined {
  const [kind = "", container, ...more] = section.split(" ");
  if (!Object.hasOwn(KINDS, kind) || more.length > 0) return undefined;
  const { extension, of } = KINDS[kind] ?? { extension: "txt", of: "host" };
  if (container === undefined) return of === "container" ? undefined : { kind, file: `${kind}.${extension}` };
  if (of === "host" || !CONTAINER_NAME.test(container) || isReserved(container)) return undefined;
  return { kind, file: kind === "log" ? `${container}.log` : `${container}.${kind}.${extension}` };
}
