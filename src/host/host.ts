/**
 * The host as the rest of the house sees it: something that runs programs and answers with their output.
 * It reconnects when the connection goes away, and sends a program again only when that is the same as once.
 */

import type { Clock } from "../clock.ts";
import { HostError, type HostProblem, RefusedError } from "../errors.ts";
import { FrameReader, MOST_SECTIONS, type Section, type Sink, sections } from "./frame.ts";
import { commandLine, type Privilege, type Program, renderProgram } from "./program.ts";
import { TextReader, textOf } from "./text.ts";
import type { ExecEnd, Transport } from "./transport.ts";

/** What a program answered. All text in it is cleaned (text.ts): here bytes of the host become text. */
export interface ProgramResult {
  /** The program's own exit status. */
  readonly status: number;
  /** As it came: for what counts bytes, or is not text. */
  readonly output: Buffer;
  /** The whole output as text. */
  readonly text: string;
  /** The output's named parts, in order. */
  readonly sections: readonly Section[];
  /** Whether output was dropped because it exceeded the program's bound, or had too many sections. */
  readonly truncated: boolean;
  readonly stderr: string;
}

export interface HostDependencies {
  readonly connect: () => Promise<Transport>;
  readonly clock: Clock;
  /** 32 hexadecimal digits that were never used before. */
  readonly nonce: () => string;
  /** Told when the connection was lost, and when it is back. */
  readonly onConnection: (event: "lost" | "reconnected", detail: string) => void;
}

/** How long we go on trying to come back after a lost connection, in milliseconds. */
const RECONNECT_PATIENCE = 120_000;
const RECONNECT_FIRST_WAIT = 250;
const RECONNECT_LONGEST_WAIT = 5_000;
/** Our patience beyond the bound that the host itself puts on a program, in milliseconds. */
const GRACE = 15_000;
const STDERR_KEPT = 16_384;
const MOST_RUNS = 3;

const MAY_PASS: ReadonlySet<HostProblem> = new Set(["unresolved", "closed", "silent", "lost", "jump"]);

export class Host {
  readonly #dependencies: HostDependencies;
  #transport: Transport;
  #privilege: Privilege = "user";
  #reconnecting: Promise<void> | undefined;

  private constructor(transport: Transport, dependencies: HostDependencies) {
    this.#transport = transport;
    this.#dependencies = dependencies;
  }

  /** @throws HostError when the host cannot be reached or must not be trusted */
  static async open(dependencies: HostDependencies): Promise<Host> {
    return new Host(await dependencies.connect(), dependencies);
  }

  get description(): string {
    return this.#transport.description;
  }

  /** The host key's fingerprint, or `local`. */
  get identity(): string {
    return this.#transport.identity;
  }

  /** By which its deadlines go. */
  get clock(): Clock {
    return this.#dependencies.clock;
  }

  get privilege(): Privilege {
    return this.#privilege;
  }

  /** From now on privileged programs run this way; the survey found out which is possible. */
  become(privilege: Privilege): void {
    this.#privilege = privilege;
  }

  /**
   * Runs one program to its end.
   *
   * @throws HostError `lost` when the connection went away and the program may not be sent again, or did so
   *   repeatedly; `timed-out`; `no-shell` when something else than our program ran; `nonsense` when it ended half-way
   * @throws RefusedError when sudo asks for a password
   */
  async run(program: Program, signal?: AbortSignal): Promise<ProgramResult> {
    return await this.#run(program, undefined, signal);
  }

  /**
   * The same, for output of any size: it goes to the sink as it comes, at the pace at which that takes it, and is not kept.
   * Sent once: what a sink has taken cannot be given back. The sink's own failure is thrown as it is.
   */
  async stream(program: Program, sink: Sink, signal?: AbortSignal): Promise<ProgramResult> {
    return await this.#run({ ...program, repeatable: false }, sink, signal);
  }

  async #run(program: Program, sink: Sink | undefined, signal?: AbortSignal): Promise<ProgramResult> {
    for (let run = 1; ; run++) {
      const transport = this.#transport;
      try {
        return await this.#runOnce(transport, program, sink, signal);
      } catch (error) {
        if (!(error instanceof HostError) || error.problem !== "lost") throw error;
        this.#dependencies.onConnection("lost", `while “${program.name}” ran`);
        // Programs that run side by side lose the connection together; one of them brings it back for all.
        if (this.#transport === transport) {
          this.#reconnecting ??= this.#reconnect(signal).finally(() => {
            this.#reconnecting = undefined;
          });
          await this.#reconnecting;
        }
        if (!program.repeatable || run === MOST_RUNS) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #runOnce(
    transport: Transport,
    program: Program,
    sink: Sink | undefined,
    signal?: AbortSignal,
  ): Promise<ProgramResult> {
    const nonce = this.#dependencies.nonce();
    const frame = new FrameReader(nonce, program.maxOutputBytes, sink);
    const errors = new TextReader();
    let stderr = "";
    const began = this.#dependencies.clock.monotonic();
    const end = await transport.exec(commandLine(program, this.#privilege), {
      stdin: renderProgram(program, nonce),
      timeoutMs: program.seconds * 1000 + GRACE,
      signal,
      onStdout: (chunk) => frame.push(chunk),
      onStderr: (chunk) => {
        if (stderr.length < STDERR_KEPT) stderr += errors.push(chunk);
      },
    });
    stderr = (stderr + errors.end()).slice(0, STDERR_KEPT);
    const framed = frame.result();
    if (framed.status === undefined) {
      const overdue = this.#dependencies.clock.monotonic() - began >= program.seconds * 1000;
      throw this.#unframed(program, framed.begun, end, overdue, `${framed.noise}\n${stderr}`.trim());
    }
    const parts = sections(framed.output, nonce);
    return {
      status: framed.status,
      output: framed.output,
      get text() {
        return textOf(framed.output);
      },
      sections: parts,
      truncated: framed.truncated || parts.length === MOST_SECTIONS,
      stderr,
    };
  }

  /** Why a program has no end marker. */
  #unframed(
    program: Program,
    begun: boolean,
    { code, signal }: ExecEnd,
    overdue: boolean,
    words: string,
  ): HostError | RefusedError {
    // timeout(1): 124 when SIGTERM was enough; otherwise it dies of the SIGKILL that it sends, as 137 or by name.
    const killed = code === 137 || (signal !== null && /^(?:SIG)?KILL$/.test(signal));
    if (code === 124 || (killed && overdue)) {
      return new HostError(
        "timed-out",
        `“${program.name}” did not end within ${program.seconds} s on the host`,
        {
          detail: words,
          advice: "The host may be overloaded, or a command on it hangs.",
        },
      );
    }
    if (killed) {
      return new HostError("nonsense", `“${program.name}” was killed on the host`, {
        detail: words,
        advice: "Somebody killed it, or the host has too little memory (`dmesg` names what was killed).",
      });
    }
    if (begun) {
      return new HostError("nonsense", `“${program.name}” stopped half-way on the host`, { detail: words });
    }
    if (program.privileged && this.#privilege === "sudo") {
      return new RefusedError("sudo does not let us work without a password", {
        detail: words,
        advice: "Log in as root, or allow the user in sudoers: NOPASSWD (docs/hardening.md).",
      });
    }
    return new HostError("no-shell", "The login works, but it does not run our program", {
      detail: words,
      advice:
        "The user needs a login shell (`getent passwd`), the key must have no forced command, and the host needs `timeout` (coreutils).",
    });
  }

  async #reconnect(signal?: AbortSignal): Promise<void> {
    const { clock, connect, onConnection } = this.#dependencies;
    const deadline = clock.monotonic() + RECONNECT_PATIENCE;
    await this.#transport.close();
    for (let wait = RECONNECT_FIRST_WAIT; ; wait = Math.min(wait * 2, RECONNECT_LONGEST_WAIT)) {
      try {
        const transport = await connect();
        if (transport.identity !== this.#transport.identity) {
          await transport.close();
          throw new HostError("host-key", "After the connection was lost, another host key answered", {
            detail: `before ${this.#transport.identity}, now ${transport.identity}`,
          });
        }
        this.#transport = transport;
        onConnection("reconnected", transport.description);
        return;
      } catch (error) {
        const mayPass = error instanceof HostError && MAY_PASS.has(error.problem);
        if (!mayPass || clock.monotonic() + wait > deadline) throw error;
        await clock.sleep(wait, signal);
      }
    }
  }
}
