/** The frame of an answer: markers, nonces, sections and ends that are not as they should be. */

import { type Attack, putTogether, reprinted, takenApart, utf8 } from "../attack.ts";
import { type Bend, framed, valueIn } from "../droplet.ts";

const text = (bytes: Buffer): string => bytes.toString("latin1");
const bytes = (latin1: string): Buffer => Buffer.from(latin1, "latin1");

/** Of both programs of a check. */
const inBoth = (name: string, bend: () => Bend): Attack => ({
  name,
  state: "odoo-stopped",
  bends: () => ({ survey: bend(), evidence: bend() }),
});

const ended = (name: string, status: string): Attack =>
  inBoth(`a program ends with the status ${name}`, () => (real, { nonce }) => {
    const printed = takenApart(real, nonce);
    return { stdout: putTogether({ ...printed, status }, nonce), exit: 0 };
  });

export const FRAMES: readonly Attack[] = [
  inBoth("the sections are out of order", () =>
    reprinted((printed) => {
      printed.sections.reverse();
    }),
  ),
  inBoth("every section comes twice", () =>
    reprinted((printed) => {
      printed.sections = [...printed.sections, ...printed.sections];
    }),
  ),
  inBoth("every section is of an unknown kind", () =>
    reprinted((printed) => {
      for (const section of printed.sections) section.name = `pwn ${section.name}`;
    }),
  ),
  inBoth("every section holds all the others", () =>
    reprinted((printed, { nonce }) => {
      const whole = printed.sections
        .map(({ name, body }) => `\n${nonce} section ${name}\n${body}`)
        .join("")
        .slice(0, 20_000);
      for (const section of printed.sections) section.body += whole;
    }),
  ),
  inBoth("the sections have no names", () =>
    reprinted((printed) => {
      for (const section of printed.sections) section.name = "";
    }),
  ),
  inBoth("there is no section at all", () =>
    reprinted((printed) => {
      printed.sections = [];
    }),
  ),
  inBoth("the markers have another nonce", () => (real, { nonce }) => ({
    stdout: bytes(text(real.stdout).replaceAll(nonce, "0123456789abcdef0123456789abcdef")),
  })),
  {
    name: "the markers have the nonce of the program before",
    state: "odoo-stopped",
    bends: () => {
      let before = "";
      const bend: Bend = (real, { nonce }) => {
        const stdout = before === "" ? real.stdout : bytes(text(real.stdout).replaceAll(nonce, before));
        before = nonce;
        return { stdout };
      };
      return { survey: bend, evidence: bend };
    },
  },
  inBoth("the nonce stands in every line", () => (real, { nonce }) => ({
    stdout: bytes(text(real.stdout).replaceAll("\n", `\n${nonce} `)),
  })),
  inBoth("an end stands in the middle", () => (real, { nonce }) => {
    const whole = text(real.stdout);
    const middle = Math.floor(whole.length / 2);
    return { stdout: bytes(`${whole.slice(0, middle)}\n${nonce} end 0\n${whole.slice(middle)}`) };
  }),
  inBoth("there are a thousand beginnings and ends", () => (real, { nonce }) => ({
    stdout: bytes(`${`\n${nonce} begin\n\n${nonce} end \n`.repeat(1_000)}${text(real.stdout)}`),
  })),
  inBoth("there is no end", () => (real, { nonce }) => ({
    stdout: bytes(text(real.stdout).slice(0, text(real.stdout).lastIndexOf(`\n${nonce} end `))),
  })),
  inBoth("there is no beginning", () => (real) => ({ stdout: real.stdout.subarray(40) })),
  inBoth("nothing is said", () => () => ({ stdout: Buffer.alloc(0) })),
  inBoth("the beginning never comes, and noise does", () => () => ({
    stdout: Buffer.from("pwn\n# pwn\n::error::pwn\r".repeat(100_000)),
  })),
  ended("999", "999"),
  ended("-1", "-1"),
  ended("1e9", "1e9"),
  ended("137", "137"),
  ended("of no number", "pwn"),
  inBoth("the server says that a program ended with the status 4294967295", () => () => ({
    stdout: Buffer.alloc(0),
    exit: 0xffff_ffff,
  })),
  inBoth("the connection is cut in the middle of each answer", () => (real) => ({
    stdout: real.stdout.subarray(0, real.stdout.length / 2),
    afterwards: "cut",
  })),
  inBoth("the text is no UTF-8", () =>
    reprinted((printed) => {
      for (const section of printed.sections)
        section.body = section.body.replaceAll("o", "\xff\xfe\xc0\xaf\xed\xa0\x80o\xf4\x90\x80\x80");
    }),
  ),
  inBoth("the text is full of overlong sequences", () =>
    reprinted((printed) => {
      for (const section of printed.sections)
        section.body = section.body.replaceAll(
          "\n",
          "\n\xc0\x8a::error::pwn\xe0\x80\x8a\xf0\x80\x80\x8a##[error]pwn\n",
        );
    }),
  ),
  inBoth("every character is a NUL", () =>
    reprinted((printed) => {
      for (const section of printed.sections) section.body = "\0".repeat(section.body.length);
    }),
  ),
  inBoth("lines end as on Windows and as on an old Mac", () =>
    reprinted((printed) => {
      for (const [index, section] of printed.sections.entries())
        section.body = section.body.replaceAll("\n", index % 2 === 0 ? "\r\n" : "\r");
    }),
  ),
  {
    name: "the survey has 200,000 sections",
    bends: () => ({
      survey: (real, { nonce }) => {
        const printed = takenApart(real, nonce);
        const many = Array.from({ length: 200_000 }, (_, index) => ({ name: `p${index} 0`, body: "" }));
        return { stdout: putTogether({ ...printed, sections: [...printed.sections, ...many] }, nonce) };
      },
    }),
  },
  {
    name: "the evidence has 200,000 sections of known kinds",
    state: "odoo-stopped",
    bends: () => ({
      evidence: reprinted((printed) => {
        for (let index = 0; index < 200_000; index++)
          printed.sections.push({ name: `log pwn${index}`, body: "pwn" });
      }),
    }),
  },
  {
    name: "a step is said to have ended with a status that is none",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      attach: (_, { nonce }) =>
        framed(`\n${nonce} section log\n\n${nonce} section state\nended 9999999999999999999\n`, nonce),
    }),
  },
  ...["ended -1", "ended", "ended 0\nended 1", "vanished\r", "", utf8("ended ０")].map(
    (state): Attack => ({
      name: `a step is said to be in the state ${JSON.stringify(state)}`,
      state: "odoo-stopped",
      mode: "recover",
      bends: () => ({
        attach: (_, { nonce }) =>
          framed(`\n${nonce} section log\npwn\n${nonce} section state\n${state}\n`, nonce),
      }),
    }),
  ),
  {
    name: "a lease is ours though we have none, and is given back by others",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      acquire: (_, { nonce }) => framed("renewed\n", nonce),
      release: (_, { nonce }) => framed("released by pwn\n", nonce),
    }),
  },
  {
    name: "recoveries were recorded that never were, and one is recorded in words of its own",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      recoveries: (_, { nonce }) =>
        framed(
          `now=1714550000\nuptime=90000\nboot=0a\nchanged=99999999999999\nline=${"pwn ".repeat(9_000)}\nline=1 1 0a pwn pwn pwn\n`,
          nonce,
        ),
      spend: (_, { nonce }) => framed("disk pwn\n", nonce),
    }),
  },
  {
    name: "thousands of runs left something, in names of their own",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      leftovers: (_, { nonce }) =>
        framed(
          `${"../../etc <b>pwn</b> ::error::pwn\n".repeat(5_000)}shop pwn 1\nshop 0a1b2c3d pwn pwn\n`,
          nonce,
        ),
    }),
  },
  {
    name: "the lease is held by this very run",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      acquire: (_, received) =>
        framed(
          `held\nowner=${valueIn(received, "OWNER")}\nwho=${valueIn(received, "WHO")}\nage=0\n`,
          received.nonce,
        ),
    }),
  },
  {
    name: "the lease is nobody's, and has fields of a thousand kilobytes",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      acquire: (_, { nonce }) => framed(`held\nwho=${"pwn ".repeat(16_000)}\n`, nonce),
    }),
  },
];
