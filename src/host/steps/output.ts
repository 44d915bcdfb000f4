/**
 * What a step printed, in bounds: a step that never stops printing must not fill the runner's memory or disk. Its beginning
 * goes on as it comes; of the rest the end is kept, where a failure is, and the bytes between are counted.
 */

/** Characters. An update of all modules of a large Odoo prints about half a million. */
const BEGINNING = 1_500_000;
const END = 250_000;

export class BoundedOutput {
  readonly #onOutput: (text: string) => void;
  #room = BEGINNING;
  /** What came when there was no room any more, without what fell out of it. */
  #late = "";
  #missing = 0;

  /** @param onOutput given whole lines, `BEGINNING` and `END` characters of them at most */
  constructor(onOutput: (text: string) => void) {
    this.#onOutput = onOutput;
  }

  /** @param lines whole lines; the last one may be cut when nothing follows it */
  push(lines: string): void {
    if (lines === "") return;
    if (lines.length <= this.#room) {
      this.#room -= lines.length;
      this.#onOutput(lines);
      return;
    }
    // Nothing is passed on any more: the order of lines would be another.
    this.#room = 0;
    this.#late += lines;
    // Cut now and then, not for every line.
    if (this.#late.length > 2 * END) this.#cut();
  }

  /** Passes on what was kept of the end. */
  end(): void {
    if (this.#late === "") return;
    if (this.#late.length > END) this.#cut();
    const words = this.#missing === 0 ? "" : `[${this.#missing} characters are left out here]\n`;
    this.#onOutput(words + this.#late);
    this.#late = "";
  }

  #cut(): void {
    const line = this.#late.indexOf("\n", this.#late.length - END) + 1;
    const from = line > 0 ? line : this.#late.length - END;
    this.#missing += from;
    this.#late = this.#late.slice(from);
  }
}
