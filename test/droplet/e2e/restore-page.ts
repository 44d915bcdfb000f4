/** docs/restore.md as the tests run it: its commands, block by block, and the ssh of a person who restores. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Droplet } from "../droplet.ts";

const DOCUMENT = readFileSync(join(import.meta.dirname, "../../../docs/restore.md"), "utf8");

/** The commands, each with what the comment in front of it says of where or when. */
export function blocks(): { readonly where: string; readonly text: string }[] {
  return [...DOCUMENT.matchAll(/(?:<!-- (.*) -->\n)?```sh\n([\s\S]*?)```/g)].map(
    ([, where = "", text = ""]) => ({
      where,
      text,
    }),
  );
}

/**
 * What `ssh` means is for a person's own ~/.ssh/config to say: the droplet's key, and its port where `ssh droplet` is typed.
 *
 * @returns the path of such a configuration, in the folder
 */
export function sshConfig(droplet: Droplet, folder: string): string {
  const [, ...options] = droplet.sshArguments("root");
  const settings = options.flatMap((option, at) =>
    options[at - 1] === "-o" ? [option.replace("=", " ")] : [],
  );
  const path = join(folder, "ssh_config");
  writeFileSync(
    path,
    `Host droplet\nHostName 127.0.0.1\nPort ${droplet.sshPort}\nHost *\nIdentityFile ${droplet.privateKeyPath}\n${settings.join("\n")}\n`,
  );
  return path;
}
