/** What tests of the remedies for Odoo's files have in common: how it stood on the droplet's disk, and how it is taken back. */

import { expect } from "vitest";
import { commandsShown } from "../../support/rendered.ts";
import type { Droplet } from "../droplet.ts";

/** Every row of every attachment, bundles too. */
export async function attachments(droplet: Droplet): Promise<string> {
  return await droplet.psql("select id, md5(a::text) from ir_attachment a order by id");
}

/** A line for each file and folder of Odoo's: path, owner, mode, and of files the content; but for what visits leave. */
export async function onDisk(droplet: Droplet): Promise<string[]> {
  const told = await droplet.script(`
    cd "$(data_dir)"
    find . ! -path './sessions/*' ! -path './filestore/*/checklist*' -printf '%p %y %U:%G %m\n' | sort
    find . -type f ! -path './sessions/*' ! -path './filestore/*/checklist*' -print0 | sort -z | xargs -0 -r sha256sum`);
  return told.split("\n");
}

/** The files of the filestore that are not what their name says, each with its content's SHA-256. */
export async function damaged(droplet: Droplet): Promise<string[]> {
  const told = await droplet.script(`
    cd "$(filestore)"
    find . -type f -path './?*/*' ! -path './checklist/*' -print0 | sort -z | xargs -0 sha1sum |
      awk '{ name = $2; sub(/.*\\//, "", name); if ($1 != name) print $2 }' | xargs -r sha256sum`);
  return told.split("\n");
}

/** The command that the summary has for taking back what a remedy did, as a person copies it. */
export function undoOf(summary: string, remedy: string): string {
  const [undo = "", ...more] = commandsShown(summary).filter((command) =>
    command.endsWith(`-${remedy}/undo`),
  );
  expect(more).toEqual([]);
  expect(undo).toMatch(/^sh \/var\/lib\/odoo-recover\/[\w.-]+\/kept\/[\w-]+\/undo$/);
  return undo;
}

/** What changes files in Odoo's container is told the half of what it is to do, and then waits: a `docker` in front of the real one. */
export async function holdHalfWay(droplet: Droplet): Promise<void> {
  await droplet.script(`
    cat >/usr/local/sbin/docker <<'SH'
#!/bin/sh
for last; do before=$word; word=$last; done
if [ "$last" = act ]; then
  told=$(find /var/lib/odoo-recover \\( -name owners -o -name moved \\) -exec cat {} + | wc -c)
  { head -c "$((before + told / 2))"; sleep 1; echo half >/root/half; sleep 60; } | /usr/bin/docker "$@"
  exit
fi
exec /usr/bin/docker "$@"
SH
    chmod 755 /usr/local/sbin/docker`);
}

export async function letGo(droplet: Droplet): Promise<void> {
  await droplet.script("rm -f /usr/local/sbin/docker /root/half");
}
