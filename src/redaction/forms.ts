/** Everything that is taken for a secret by its form or its place, whatever its value is. */

import { secretArguments } from "./commands.ts";
import { secretsByPosition } from "./documents.ts";
import { valuesBehindNames } from "./places.ts";
import { withoutSpans } from "./span.ts";
import { hashesAndBearers, privateKeys, tokens } from "./tokens.ts";
import { secretsOfUrls } from "./urls.ts";

const FINDERS = [
  privateKeys,
  valuesBehindNames,
  secretArguments,
  secretsOfUrls,
  secretsByPosition,
  hashesAndBearers,
  tokens,
];

export function withoutForms(text: string): string {
  return withoutSpans(
    text,
    FINDERS.flatMap((find) => find(text)),
  );
}
