/**
 * The one redactor. Nothing is printed or written that did not pass it: the runner masks the log, the summary and the
 * annotations, but no file.
 *
 * Two nets: the very values that are known to be secret (inputs, and what a survey found in the containers' environment;
 * values.ts), and the places where a secret stands by its form (`password=…`, `scheme://user:password@`, private key
 * blocks; forms.ts). The second also catches short values such as the official image's password `odoo`, which cannot be
 * masked everywhere without turning a report into `***`.
 *
 * What belongs to the site's customers is cut as well (customer-data/).
 */

import { setImmediate } from "node:timers/promises";
import { CustomerDataCutter, fromFirstEntry, withoutCustomerData } from "../customer-data/cutter.ts";
import { withoutForms } from "./forms.ts";
import { Matcher } from "./matcher.ts";
import { isSecretName } from "./names.ts";
import { piecesOf } from "./pieces.ts";
import { MASK } from "./span.ts";
import { spellingsMaskedEverywhere } from "./values.ts";
import { isTerm } from "./vocabulary.ts";

/** Of a droplet that has more secrets than any real one, the rest is left to the forms. */
const MOST_SECRETS = 50_000;
const MOST_CHARACTERS = 8_000_000;

/** What a person is to type is made by us: no customer's data is in it, and its SQL must stay whole. */
const TYPED: ReadonlySet<string> = new Set(["commands", "fetch"]);

export class Redactor {
  /** Each secret, and how it may be written. */
  readonly #secrets = new Map<string, readonly string[]>();
  #characters = 0;
  readonly #names = new Set<string>();
  readonly #told = new Set<string>();
  /** Made where it is needed first: much may be learnt before. */
  #matcher: Matcher | undefined;

  /**
   * Learns values that must never appear. Left to the forms are values shorter than 8 characters, those that are the name of
   * something too, and those that are made of our own words: masked everywhere, they would take what a report is about out
   * of it. A value of several lines is learnt line by line too, since logs are masked line by line. Beyond
   * {@link MOST_SECRETS} and {@link MOST_CHARACTERS} values are left to the forms as well.
   *
   * @param names of services, users and databases, which stay readable where they do not stand as a secret
   * @returns the values that are masked everywhere, new ones only (for the runner's own masking)
   */
  learn(secrets: Iterable<string>, names: Iterable<string> = []): string[] {
    const before = this.#secrets.size + this.#names.size;
    for (const name of names) this.#names.add(name.trim());
    const added: string[] = [];
    for (const secret of secrets) {
      if (this.#secrets.has(secret) || !this.#hasRoomFor(secret)) continue;
      const everywhere = spellingsMaskedEverywhere(secret);
      this.#secrets.set(secret, everywhere);
      this.#characters += secret.length;
      if (this.#names.has(secret.trim())) continue;
      for (const spelling of everywhere) {
        if (this.#told.has(spelling)) continue;
        this.#told.add(spelling);
        added.push(spelling);
      }
    }
    if (this.#secrets.size + this.#names.size !== before) this.#matcher = undefined;
    return added;
  }

  #hasRoomFor(secret: string): boolean {
    return this.#secrets.size < MOST_SECRETS && this.#characters + secret.length <= MOST_CHARACTERS;
  }

  /** Neither secrets nor customers' data. */
  text(text: string): string {
    return this.secrets(withoutCustomerData(this.#withoutValues(text)));
  }

  /**
   * The same for a file of the evidence, which may have megabytes: piece by piece, so that signals are heard and the lease's
   * heartbeat is sent in between.
   *
   * @param kept `end` where only the end of a log was kept, which may begin in the middle of an entry
   */
  async file(text: string, kept: "end" | "whole"): Promise<string> {
    const cutter = new CustomerDataCutter();
    const clean: string[] = [];
    for (const piece of piecesOf(kept === "end" ? fromFirstEntry(text) : text)) {
      await setImmediate();
      clean.push(this.secrets(cutter.push(this.#withoutValues(piece))));
    }
    const file = `${clean.join("")}${this.secrets(cutter.end())}`;
    return !text.endsWith("\n") && file.endsWith("\n") ? file.slice(0, -1) : file;
  }

  /** The same for text that comes in pieces: what may go on is held back. Whole lines come out. */
  stream(): { push(piece: string): string; end(): string } {
    const cutter = new CustomerDataCutter();
    let rest = "";
    return {
      push: (piece) => {
        const lines = (rest + piece).split("\n");
        rest = lines.pop() ?? "";
        const whole = lines.map((line) => `${line}\n`).join("");
        return this.secrets(cutter.push(this.#withoutValues(whole)));
      },
      end: () => {
        const last = cutter.push(this.#withoutValues(rest)) + cutter.end();
        rest = "";
        return this.secrets(last);
      },
    };
  }

  /** Only without secrets: for programs of ours, which hold no customers' data. */
  secrets(text: string): string {
    // Values once more behind the forms: what was put together from the rest is no secret by chance.
    return this.#withoutValues(withoutForms(this.#withoutValues(text)));
  }

  #withoutValues(text: string): string {
    this.#matcher ??= new Matcher(this.#everywhere());
    return this.#matcher.masked(text);
  }

  *#everywhere(): Generator<string> {
    for (const [secret, everywhere] of this.#secrets) if (!this.#names.has(secret.trim())) yield* everywhere;
  }

  /**
   * Every string inside a piece of data, keys included, and what stands under the name of a secret; the data itself is
   * left as it was. A status, a cause, or another term of ours stays what it is, whatever was learnt.
   */
  data<T>(data: T): T {
    return this.#visit(data, (text) => this.text(text)) as T;
  }

  #visit(data: unknown, clean: (text: string) => string): unknown {
    if (typeof data === "string") return isTerm(data) ? data : clean(data);
    if (Array.isArray(data)) return data.map((item) => this.#visit(item, clean));
    if (data !== null && typeof data === "object") {
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [
          this.text(key),
          typeof value === "string" && value !== "" && isSecretName(key)
            ? MASK
            : this.#visit(value, TYPED.has(key) ? (text) => this.secrets(text) : clean),
        ]),
      );
    }
    return data;
  }
}
