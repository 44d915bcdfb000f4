// A part of a probe's answer, and a whole one, as they come through the frame: cleaned where they are read as lines.

import { Section } from "../../src/host/frame.ts";
import { type Part, partOf, type RawProbe } from "../../src/survey/raw.ts";

export function part(kind: string, subject: string, body: string | Uint8Array): Part {
  return partOf(new Section(subject === "" ? kind : `${kind} ${subject}`, Buffer.from(body)));
}

export function answer(output: string, parts: readonly Part[] = []): RawProbe {
  return {
    status: 0,
    output: new Section("probe test 0", Buffer.from(output)),
    parts,
    why: "",
    excessive: false,
  };
}
