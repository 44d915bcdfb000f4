/** What an attack is, and the ways to change an answer that the tables of attacks are written in. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { ActionInputs } from "../support/action.ts";
import type { Answer, Bend, DropletOptions, Received, Reply, SiteState } from "./droplet.ts";
import type { Outcome } from "./run.ts";
import type { World } from "./world.ts";

/** A row of the tables. */
export interface Attack {
  readonly name: string;
  /** What the site is like; `healthy` unless told otherwise. */
  readonly state?: SiteState;
  /** `check` unless told otherwise. */
  readonly mode?: "check" | "plan" | "recover";
  /** Beside the mode. */
  readonly inputs?: ActionInputs;
  /** What the attacker changes, in the world of this run. */
  readonly bends?: (world: World) => NonNullable<DropletOptions["bends"]>;
  /** What else happens when a program arrives: for what somebody in the same job might do. */
  readonly onProgram?: (received: Received, world: World) => void;
  readonly banner?: string;
  readonly ident?: string;
  /** The public page; the site's own unless told otherwise. */
  readonly page?: (request: IncomingMessage, response: ServerResponse, world: World) => void;
  /** Whether the run is of a public repository, whose log and summary everybody reads. */
  readonly public?: boolean;
  /** Whether the evidence is uploaded, to a server of the tests' own. */
  readonly uploads?: boolean;
  /** Seconds in which it must have ended; 60 unless told otherwise. */
  readonly seconds?: number;
  /** What must hold besides: complaints. */
  readonly expect?: (outcome: Outcome) => readonly string[];
}

/** What a program printed, taken apart. Text is latin1: a byte stays a byte. */
export interface Printed {
  head: string;
  sections: { name: string; body: string }[];
  status: string;
}

const latin1 = (bytes: Buffer): string => bytes.toString("latin1");
/** UTF-8 text for a place in a `Printed`. */
export const utf8 = (text: string): string => latin1(Buffer.from(text));

export function takenApart({ stdout }: Answer, nonce: string): Printed {
  const begin = `\n${nonce} begin\n`;
  const text = latin1(stdout);
  const end = text.lastIndexOf(`\n${nonce} end `);
  const output = text.slice(text.indexOf(begin) + begin.length, end);
  const [head = "", ...parts] = `\n${output}`.split(`\n${nonce} section `);
  return {
    head,
    sections: parts.map((part) => {
      const at = part.indexOf("\n");
      return at < 0 ? { name: part, body: "" } : { name: part.slice(0, at), body: part.slice(at + 1) };
    }),
    status: text.slice(end + `\n${nonce} end `.length).trim(),
  };
}

export function putTogether({ head, sections, status }: Printed, nonce: string): Buffer {
  const parts = sections.map(({ name, body }) => `\n${nonce} section ${name}\n${body}`);
  return Buffer.from(
    `\n${nonce} begin\n${head.slice(1)}${parts.join("")}\n${nonce} end ${status}\n`,
    "latin1",
  );
}

/** Changes what a program printed, section by section; the frame stays whole. */
export function reprinted(change: (printed: Printed, received: Received) => void): Bend {
  return (real, received) => {
    const printed = takenApart(real, received.nonce);
    change(printed, received);
    return { stdout: putTogether(printed, received.nonce) };
  };
}

/** Replaces what stands in the sections of a name, which must be there. */
export function inSection(name: string | RegExp, change: (body: string) => string): Bend {
  return reprinted((printed) => {
    const found = printed.sections.filter((section) =>
      typeof name === "string" ? section.name === name : name.test(section.name),
    );
    if (found.length === 0) throw new Error(`no section ${name}: ${printed.sections.map((s) => s.name)}`);
    for (const section of found) section.body = change(section.body);
  });
}

/** Adds sections at the end. */
export function withSections(...added: readonly (readonly [name: string, body: string])[]): Bend {
  return reprinted((printed) => {
    for (const [name, body] of added) printed.sections.push({ name: utf8(name), body: utf8(body) });
  });
}

/** Replaces a word wherever a program printed it; it must be there. */
export function replacing(word: string, by: string): Bend {
  return (real) => {
    const text = latin1(real.stdout);
    if (!text.includes(word)) throw new Error(`the honest answer does not hold ${word}`);
    return {
      stdout: Buffer.from(
        text.replaceAll(word, () => utf8(by)),
        "latin1",
      ),
    };
  };
}

/** One change after the other. */
export function both(...bends: readonly Bend[]): Bend {
  return async (real, received) => {
    let now: Answer = real;
    let reply: Reply = real;
    for (const bend of bends) {
      reply = await bend(now, received);
      if (!Buffer.isBuffer(reply.stdout)) throw new Error("only the last change may be a stream");
      now = { ...now, stdout: reply.stdout };
    }
    return reply;
  };
}

/** What all containers of `docker inspect` say, changed as data. */
export function inspectedContainers(change: (containers: Record<string, Any>[]) => unknown): Bend {
  return inSection(/^probe containers /, (body) => {
    const containers = JSON.parse(Buffer.from(body, "latin1").toString());
    return utf8(JSON.stringify(change(containers) ?? containers));
  });
}

/** JSON of no known form. */
// biome-ignore lint/suspicious/noExplicitAny: an attacker's JSON has no form
export type Any = any;
