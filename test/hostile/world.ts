/**
 * A runner's folders as an attacker would like to reach them: a checkout, a home and RUNNER_TEMP, with files planted where a
 * path traversal would land; and a fingerprint of them, by which any change is seen.
 */

import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** In a file of the home: it must leave the runner by no way. */
export const PLANTED_SECRET = "planted-key-5f2c9e";

const PLANTED: Readonly<Record<string, string>> = {
  "workspace/requirements.txt": "odoo\n",
  "workspace/app.log": "nothing\n",
  "workspace/compose.json": "{}\n",
  "workspace/web.inspect.json": "[]\n",
  "workspace/.github/workflows/deploy.yml": "on: push\n",
  "workspace/.git/config": "[core]\n",
  "workspace/src/shop.py": "print()\n",
  "home/.ssh/id_ed25519": `${PLANTED_SECRET}\n`,
  "home/.bashrc": "true\n",
  "home/notes.txt": "a note\n",
  "temp/other-step.txt": "another step's\n",
};

export class World implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "odoo-recover-hostile-"));

  constructor() {
    for (const [name, text] of Object.entries(PLANTED)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), text);
    }
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** From the folder of evidence `before` in the report directory to a place in the world. */
  fromEvidence(name: string): string {
    return `../../../../${name}`;
  }

  /** Where the run keeps its report; undefined before there is one. */
  get reportDirectory(): string | undefined {
    const name = readdirSync(this.path("temp")).find((each) => REPORT.test(`temp/${each}`));
    return name === undefined ? undefined : this.path(`temp/${name}`);
  }

  /** Every file, folder and link, with what is in it; report directories left out. */
  fingerprint(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const under = (folder: string): void => {
      for (const name of readdirSync(join(this.root, folder)).sort()) {
        const path = join(folder, name);
        if (REPORT.test(path)) continue;
        const at = join(this.root, path);
        const { mtimeMs, size, mode } = lstatSync(at);
        const kind = lstatSync(at);
        if (kind.isDirectory()) {
          found.set(path, `folder ${mode}`);
          under(path);
        } else if (kind.isSymbolicLink()) found.set(path, `link to ${readlinkSync(at)}`);
        else found.set(path, `${size} ${mode} ${mtimeMs} ${sha256(readFileSync(at))}`);
      }
    };
    under("");
    return found;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

const REPORT = /^temp\/odoo-recover-[0-9a-f]{8}$/;

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What differs between two fingerprints, a line each. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    const [then, now] = [before.get(path), after.get(path)];
    if (then === now) return [];
    return then === undefined
      ? `${path} was made`
      : now === undefined
        ? `${path} is gone`
        : `${path} was changed`;
  });
}
