/** Words of the host where people and programs read them: log, summary, outputs, annotations. */

import { type Attack, both, inSection, inspectedContainers, replacing, utf8 } from "../attack.ts";
import { framed } from "../droplet.ts";
import { WORDS, wordsEverywhere } from "./words.ts";

const everywhere: readonly Attack[] = Object.entries(WORDS).flatMap(([what, words]) =>
  // In two turns, so that each word stands in several places.
  [0, Math.ceil(words.length / 2)].map(
    (turn): Attack => ({
      name: `${what}, in all that is shown (from word ${turn})`,
      state: "odoo-stopped",
      mode: turn === 0 ? "check" : "plan",
      bends: () => ({ survey: wordsEverywhere(words, turn) }),
    }),
  ),
);

const inPublic: readonly Attack[] = Object.entries(WORDS).map(([what, words]) => ({
  name: `${what}, in a public repository`,
  state: "odoo-stopped",
  public: true,
  bends: () => ({ survey: wordsEverywhere(words) }),
}));

const ALL = Object.values(WORDS).flat();

export const WORDS_SHOWN: readonly Attack[] = [
  ...everywhere,
  ...inPublic,
  ...[...ALL.entries()]
    .filter(([index]) => index % 3 === 0)
    .map(
      ([index, word]): Attack => ({
        name: `the container is called by word ${index} and failed with the next`,
        state: "odoo-stopped",
        bends: () => ({
          survey: inspectedContainers((containers) => {
            for (const container of containers) {
              container.Name = `/odoo${word}`;
              container.State.Error = ALL[index + 1];
              container.State.ExitCode = 1;
            }
          }),
        }),
      }),
    ),
  {
    name: "the project's directory and files are words",
    state: "odoo-stopped",
    bends: () => ({
      survey: both(
        inspectedContainers((containers) => {
          for (const { Config } of containers) {
            Config.Labels["com.docker.compose.project.working_dir"] = "/opt/`pwn`\n# pwn";
            Config.Labels["com.docker.compose.project.config_files"] = "/opt/a\n::error::pwn.yml";
          }
        }),
        inSection("project 1", (body) =>
          body.replaceAll("/opt/odoo-ce", utf8("/opt/$(touch pwn)`pwn`'\"\r# pwn")),
        ),
      ),
    }),
  },
  {
    name: "the project is called -rf and its directory too",
    state: "odoo-stopped",
    bends: () => ({
      survey: both(
        inspectedContainers((containers) => {
          for (const { Config } of containers) Config.Labels["com.docker.compose.project"] = "-rf";
        }),
        inSection("project 1", (body) => body.replace(/^odoo-ce\t\S+/, "-rf\t-rf")),
      ),
    }),
  },
  ...["__proto__", "constructor", "***", "../../x", "$(touch pwn)", "a'b\"c`d", "-rf", "", " "].map(
    (service): Attack => ({
      name: `a service is called ${JSON.stringify(service)}`,
      state: "odoo-stopped",
      bends: () => ({
        survey: both(
          inspectedContainers((containers) => {
            for (const { Config } of containers)
              if (Config.Labels["com.docker.compose.service"] === "odoo")
                Config.Labels["com.docker.compose.service"] = service;
          }),
          inSection("config 1", (body) => body.replace('"odoo":', () => `${JSON.stringify(service)}:`)),
        ),
      }),
    }),
  ),
  {
    name: "the log of the evidence is full of words",
    state: "odoo-stopped",
    bends: () => ({
      evidence: inSection(/^log /, (body) => `${body}${utf8(ALL.join("\n"))}\n`),
    }),
  },
  {
    name: "the lease is held by words",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      acquire: (_, { nonce }) =>
        framed(
          `held\nowner=x\nwho=pwn\r::error::pwn\u2028# pwn <img src=pwn> @pwn [pwn](https://pwn.example) \x1b[31m\u202e\nsince=\r::error::pwn\nage=-1e309\nstep=\u0085::error::pwn\n`,
          nonce,
        ),
    }),
  },
  {
    name: "the lease was taken over from words",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      acquire: (_, { nonce }) =>
        framed(
          `taken-over no heartbeat\r::error::pwn | pwn | <details>pwn\nowner=x\nwho=@pwn \x1b]0;pwn\x07\nsince=\nage=999999999999999999999\nstep=../../pwn\nstep_status=\r##[error]pwn\n`,
          nonce,
        ),
    }),
  },
  {
    name: "a step prints words",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      attach: (_, { nonce, earlier }) =>
        framed(
          `\n${nonce} section log\n${earlier === 0 ? ALL.map((word) => `did: ${word}\nnot done: ${word}\nit did not work: ${word}\nundo: ${word}`).join("\n") : ""}\n${nonce} section state\nended 1\n`,
          nonce,
        ),
    }),
  },
  {
    name: "standard error is full of words, and the program fails",
    state: "odoo-stopped",
    mode: "recover",
    bends: () => ({
      acquire: (_, { nonce }) => ({
        ...framed("", nonce, 77),
        stderr: Buffer.from(ALL.join("\n")),
      }),
    }),
  },
  {
    name: "the shell says words instead of running a program",
    bends: () => ({
      survey: () => ({ stdout: Buffer.from(ALL.join("\n")), stderr: Buffer.from(ALL.join("\n")) }),
    }),
  },
  {
    name: "the banner before the login is full of words",
    banner: `${ALL.filter((word) => !word.includes("\0")).join("\r\n")}\r\n`,
  },
  {
    name: "the server's version is made of commands",
    ident: "pwn ::error::pwn ##[error]pwn # pwn",
    state: "odoo-stopped",
  },
  {
    name: "the database and its modules are called by words",
    bends: () => ({
      survey: inSection(/^database /, (body) =>
        body.replaceAll(/^modules=\w+/gm, () => `modules=${utf8("</code>@pwn\r::error::pwn |")}`),
      ),
    }),
  },
  {
    name: "the host is called by words, and its user too",
    state: "odoo-stopped",
    bends: () => ({
      survey: both(
        replacing("name=droplet", "name=\r::error::pwn <img src=pwn> @pwn"),
        replacing("user=deploy", "user=$(touch pwn)\u202e"),
      ),
    }),
  },
];
