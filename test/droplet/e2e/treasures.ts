/**
 * What users put into a shop and no remedy may touch (guest/put-treasures.sh): themes, images, fonts, documents, partners.
 * Put in while the droplet is healthy, and judged by psql and sha256sum on the droplet, never by what the product says.
 */

import { readFileSync } from "node:fs";
import type { Droplet } from "../droplet.ts";

const PUT = readFileSync(new URL("../guest/put-treasures.sh", import.meta.url), "utf8");
const LOOK = readFileSync(new URL("../guest/look-at-treasures.sh", import.meta.url), "utf8");

export class Treasures {
  readonly #droplet: Droplet;
  readonly #before: readonly string[];

  /** Puts them into a healthy droplet, and remembers all that is the users'. */
  static async putInto(droplet: Droplet): Promise<Treasures> {
    await droplet.script(PUT);
    return await Treasures.asTheyAre(droplet);
  }

  /** Remembers all that is the users', without putting anything in. */
  static async asTheyAre(droplet: Droplet): Promise<Treasures> {
    return new Treasures(droplet, await look(droplet));
  }

  private constructor(droplet: Droplet, before: readonly string[]) {
    this.#droplet = droplet;
    this.#before = before;
  }

  /**
   * Every row, by the MD5 of all its columns, and every file, by SHA-256, owner, mode and size, is as it was when they
   * were put in, and none was added. @throws Error that names what is not
   */
  async assertUntouched(): Promise<void> {
    const now = await look(this.#droplet);
    const lost = this.#before.filter((line) => !now.includes(line));
    const other = now.filter((line) => !this.#before.includes(line));
    if (lost.length + other.length > 0)
      throw new Error(
        `what is the users' was touched:\n${[...lost.map((line) => `- ${line}`), ...other.map((line) => `+ ${line}`)].join("\n")}`,
      );
  }
}

async function look(droplet: Droplet): Promise<string[]> {
  return (await droplet.script(LOOK)).split("\n");
}
