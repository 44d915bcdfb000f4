/** A text of megabytes, taken apart where nothing that must be seen as a whole is cut through. */

/** Characters that are redacted in one go: a tenth of a second on a slow runner. */
const PIECE = 250_000;
/** Behind a piece's length, how far the beginning of an entry is looked for. */
const ENTRY_WITHIN = 64_000;

/**
 * Where an entry of Odoo's or PostgreSQL's log begins, with Docker's stamp in front or not: `2026-11-24 11:19:19,960 `. A
 * private key or a record over several lines does not go on behind it.
 */
const ENTRY = /\n(?=(?:\d{4}-\d\d-\d\dT[\d:.]{8,18}Z )?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d)/;

/** Pieces of whole lines which, put together, are the text. A text without a line's end is one piece. */
export function* piecesOf(text: string): Generator<string> {
  let from = 0;
  while (text.length - from > PIECE) {
    const end = endOfPiece(text, from + PIECE);
    yield text.slice(from, end);
    from = end;
  }
  if (from < text.length) yield text.slice(from);
}

function endOfPiece(text: string, earliest: number): number {
  const window = text.slice(earliest, earliest + ENTRY_WITHIN);
  const entry = window.search(ENTRY);
  if (entry >= 0) return earliest + entry + 1;
  // The rest of the last entry stays with its beginning.
  if (text.length - earliest <= ENTRY_WITHIN) return text.length;
  const line = text.indexOf("\n", earliest);
  return line < 0 ? text.length : line + 1;
}
