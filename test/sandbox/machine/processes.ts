/** The processes of the host, as ps(1) and `docker top` list them. None of them is one of this machine's. */

import type { Container, Engine } from "../docker/engine.ts";

export interface Listed {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly since: Date;
  readonly command: string;
}

/** The processes in one container, its main one first. */
export function containerProcesses(container: Container, engine: Engine): Listed[] {
  const { pid, started = new Date(), state, suspended, role } = container;
  if (pid === 0) return [];
  const letter = state === "paused" ? "D" : suspended ? "T" : "S";
  const one = (command: string, number: number, flags: string): Listed => ({
    pid: number,
    parent: number === pid ? 1 : pid,
    state: `${letter}${flags}`,
    since: started,
    command,
  });
  if (role === "database") {
    const own = [
      "checkpointer",
      "background writer",
      "walwriter",
      "autovacuum launcher",
      "logical replication launcher",
    ];
    return [
      one("postgres", pid, "s"),
      ...own.map((name, index) => one(`postgres: ${name}`, pid * 10 + index, "s")),
    ];
  }
  const password = container.definition.environment?.PASSWORD ?? "";
  const args = container.command
    .slice(1)
    .map((word) => ` ${word}`)
    .join("");
  return [
    one(
      `/usr/bin/python3 /usr/bin/odoo${args} --db_host db --db_port 5432 --db_user odoo --db_password ${password}`,
      pid,
      container.oneOff ? "s" : "sl",
    ),
  ].filter(() => engine.find(container.id) !== undefined);
}

const HEADERS: Readonly<Record<string, string>> = {
  pid: "PID",
  ppid: "PPID",
  stat: "STAT",
  etime: "ELAPSED",
  rss: "RSS",
  uid: "UID",
  args: "COMMAND",
};

/** @param columns as after `-o`: a `=` behind each leaves the header out */
export function listed(processes: readonly Listed[], columns: readonly string[]): string {
  const names = columns.map((column) => column.replace(/=$/, ""));
  const header = columns.every((column) => column.endsWith("="))
    ? []
    : [names.map((name) => HEADERS[name] ?? name)];
  const rows = [...header, ...processes.map((process) => names.map((name) => cell(process, name)))];
  return rows
    .map((row) => `${row.map((text, at) => (at === row.length - 1 ? text : text.padStart(9))).join(" ")}\n`)
    .join("");
}

function cell({ pid, parent, state, since, command }: Listed, column: string): string {
  switch (column) {
    case "pid":
      return String(pid);
    case "ppid":
      return String(parent);
    case "stat":
      return state;
    case "etime":
      return elapsed(since);
    case "args":
      return command;
    default:
      return "0";
  }
}

/** `[[DD-]HH:]MM:SS` */
function elapsed(since: Date): string {
  const seconds = Math.max(0, Math.floor((Date.now() - since.getTime()) / 1000));
  const two = (number: number): string => String(Math.floor(number)).padStart(2, "0");
  const clock = [
    ...(seconds >= 3600 ? [two((seconds % 86_400) / 3600)] : []),
    two((seconds % 3600) / 60),
    two(seconds % 60),
  ];
  const days = Math.floor(seconds / 86_400);
  return `${days > 0 ? `${two(days)}-` : ""}${clock.join(":")}`;
}
