/** The one way a value enters a shell program: as an assignment in front of it, in single quotes. */

/**
 * Quotes any text for POSIX `sh`.
 *
 * @param value any characters but NUL, which no shell variable can hold
 * @returns one word that the shell reads back as exactly `value`
 * @throws TypeError for a NUL character
 */
export function quote(value: string): string {
  if (value.includes("\0")) throw new TypeError("a value for the shell cannot hold a NUL character");
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/**
 * Renders values as assignments, one a line, for the front of a program.
 *
 * @param values names are upper-case shell variable names
 * @throws TypeError for another kind of name, or a NUL in a value
 */
export function assignments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new TypeError(`not a name for a shell value: ${name}`);
      return `${name}=${quote(value)}\n`;
    })
    .join("");
}
