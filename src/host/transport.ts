/** What carries a program to a host and its output back: an SSH connection, or a child process on a local host. */

export interface ExecOptions {
  /** Sent whole, then stdin is closed. */
  readonly stdin: string | Uint8Array;
  /** While a promise that it answered with is open, no more is read, and the command waits to write. */
  readonly onStdout: (chunk: Buffer) => void | Promise<void>;
  readonly onStderr: (chunk: Buffer) => void;
  /** Our own patience in milliseconds; the command is bounded on the host as well, a little shorter. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a command ended. Success is `code === 0` and nothing else. */
export interface ExecEnd {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Transport {
  /** For people: `deploy@203.0.113.7:22`, with the jump host if there is one; `this machine` for a local one. */
  readonly description: string;
  /** The host key's fingerprint `SHA256:…`, or `local`. */
  readonly identity: string;
  /**
   * Runs one command line of plain words (`timeout -k 5 90 sh -s`), which every login shell reads alike.
   * Resolves when stdout and stderr have ended and the command has closed.
   * @throws HostError `lost` when the connection goes away first, `timed-out` after `timeoutMs`; the abort reason
   * when the signal fires. In all three the command may still be running on the host.
   */
  exec(command: string, options: ExecOptions): Promise<ExecEnd>;
  /** Never throws; safe to call twice. */
  close(): Promise<void>;
}
