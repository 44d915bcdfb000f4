/** The sandbox's systemd: a few units, what `systemctl` says of them, and their journal. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../../../src/host/quote.ts";
import { type Answer, answer } from "./answer.ts";

export interface Unit {
  readonly description: string;
  /** @throws Error with what the service says when it does not come up */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly reload?: () => Promise<void>;
}

interface Standing {
  readonly unit: Unit;
  active: "active" | "inactive" | "failed";
  result: "success" | "exit-code" | "signal";
  upSince: Date | undefined;
  downSince: Date | undefined;
}

/** Milliseconds after which a service that was killed is started again, where its unit says so. */
const RESTART = 500;

export class Systemd {
  readonly #root: string;
  readonly #units = new Map<string, Standing>();
  readonly #journal = new Map<string, string[]>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(root: string) {
    this.#root = root;
  }

  add(name: string, unit: Unit): void {
    this.#units.set(name, {
      unit,
      active: "inactive",
      result: "success",
      upSince: undefined,
      downSince: undefined,
    });
  }

  isActive(name: string): boolean {
    return this.#units.get(name)?.active === "active";
  }

  /** Since when it runs. */
  upSince(name: string): Date | undefined {
    return this.isActive(name) ? this.#units.get(name)?.upSince : undefined;
  }

  /** Its process was killed; `Restart=always` brings it back. */
  async killed(name: string): Promise<void> {
    const standing = this.#units.get(name);
    if (standing?.active !== "active") return;
    this.#went(standing, "failed", "signal");
    this.#say(name, `${name}: Main process exited, code=killed, status=9/KILL`);
    // A drop-in of a fault's takes `Restart=` away.
    if (existsSync(join(this.#root, "run/systemd/system", `${name}.d`))) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.start(name);
    }, RESTART);
    this.#timers.add(timer);
  }

  /** @returns whether it runs now */
  async start(name: string): Promise<boolean> {
    const standing = this.#units.get(name);
    if (standing === undefined) return false;
    if (standing.active === "active") return true;
    this.#say(name, `Starting ${name} - ${standing.unit.description}...`);
    try {
      await standing.unit.start();
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.#say(name, words, name.replace(/\.service$/, ""));
      this.#say(name, `${name}: Control process exited, code=exited, status=1/FAILURE`);
      this.#say(name, `${name}: Failed with result 'exit-code'.`);
      this.#say(name, `Failed to start ${name} - ${standing.unit.description}.`);
      this.#went(standing, "failed", "exit-code");
      return false;
    }
    standing.active = "active";
    standing.result = "success";
    standing.upSince = new Date();
    this.#say(name, `Started ${name} - ${standing.unit.description}.`);
    return true;
  }

  async stop(name: string): Promise<void> {
    const standing = this.#units.get(name);
    if (standing?.active !== "active") return;
    this.#say(name, `Stopping ${name} - ${standing.unit.description}...`);
    await standing.unit.stop();
    this.#went(standing, "inactive", "success");
    this.#say(name, `Stopped ${name} - ${standing.unit.description}.`);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Steps of ours run as units of their own, each a file that holds its process's id (systemd-run.sh). */
  get steps(): string {
    return join(this.#root, "units");
  }

  /** @returns undefined for a command that is not known */
  async systemctl(args: readonly string[]): Promise<Answer | undefined> {
    const values = args.filter(
      (arg, index) => !arg.startsWith("-") && !/^--(property|type)$/.test(args[index - 1] ?? ""),
    );
    const [command = "", ...rest] = values;
    const names = rest.map((name) => (name.includes(".") ? name : `${name}.service`));
    switch (command) {
      case "is-active": {
        const states = names.map((name) => this.#stateOf(name));
        const good = states.includes("active");
        return answer(args.includes("--quiet") ? "" : `${states.join("\n")}\n`, "", good ? 0 : 3);
      }
      case "show":
        return this.#show(names, args);
      case "start":
        return await this.#each(names, (name) => this.start(name));
      case "restart":
        return await this.#each(names, async (name) => {
          await this.stop(name);
          return await this.start(name);
        });
      case "reload":
      case "reload-or-restart":
        return await this.#each(names, (name) => this.#reload(name));
      case "stop":
        return await this.#stopAll(names);
      case "reset-failed":
        for (const name of names) {
          const standing = this.#units.get(name);
          if (standing?.active === "failed") standing.active = "inactive";
        }
        return answer("");
      case "enable":
      case "disable": {
        const missing = names.find(
          (name) => command === "enable" && !this.#units.has(name) && !existsSync(this.#file(name)),
        );
        return missing === undefined
          ? answer("")
          : answer("", `Failed to enable unit: Unit file ${missing} does not exist.\n`, 1);
      }
      case "daemon-reload":
        return answer("");
      case "list-units":
        return answer("");
      default:
        return undefined;
    }
  }

  /** What a unit said, newest last. */
  journalctl(args: readonly string[]): Answer {
    const unit = /--unit (\S+)/.exec(args.join(" "))?.[1];
    if (unit === undefined) return answer("-- No entries --\n", "", 1);
    const most = Number(/--lines (\d+)/.exec(args.join(" "))?.[1] ?? 1000);
    const lines = (this.#journal.get(`${unit}.service`) ?? []).slice(-most);
    return answer(lines.length === 0 ? "-- No entries --\n" : `${lines.join("\n")}\n`);
  }

  #say(name: string, text: string, program = "systemd"): void {
    const lines = this.#journal.get(name) ?? [];
    this.#journal.set(name, lines);
    const time = `${new Date().toISOString().slice(0, 19)}+0000`;
    for (const line of text.trimEnd().split("\n")) lines.push(`${time} droplet ${program}[1]: ${line}`);
  }

  #went(standing: Standing, active: "inactive" | "failed", result: Standing["result"]): void {
    standing.active = active;
    standing.result = result;
    standing.downSince = new Date();
  }

  #file(name: string): string {
    return join(this.#root, "etc/systemd/system", name);
  }

  #stateOf(name: string): string {
    return existsSync(join(this.steps, name)) ? "active" : (this.#units.get(name)?.active ?? "inactive");
  }

  async #reload(name: string): Promise<boolean> {
    const standing = this.#units.get(name);
    if (standing?.active !== "active") return await this.start(name);
    this.#say(name, `Reloading ${name} - ${standing.unit.description}...`);
    try {
      await standing.unit.reload?.();
    } catch (error) {
      this.#say(name, error instanceof Error ? error.message : String(error), name.replace(/\.service$/, ""));
      return false;
    }
    this.#say(name, `Reloaded ${name} - ${standing.unit.description}.`);
    return true;
  }

  async #each(names: readonly string[], act: (name: string) => Promise<boolean>): Promise<Answer> {
    for (const name of names) {
      if (!this.#units.has(name) && existsSync(this.#file(name))) {
        const command = /^ExecStart=(.*)$/m.exec(readFileSync(this.#file(name), "utf8"))?.[1] ?? "false";
        return { shell: `setsid /bin/sh -c ${quote(command)} </dev/null >/dev/null 2>&1 &\n` };
      }
      if (!this.#units.has(name)) return answer("", `Failed to start ${name}: Unit ${name} not found.\n`, 5);
      if (!(await act(name))) {
        return answer(
          "",
          `Job for ${name} failed because the control process exited with error code.\nSee "systemctl status ${name}" and "journalctl -xeu ${name}" for details.\n`,
          1,
        );
      }
    }
    return answer("");
  }

  async #stopAll(names: readonly string[]): Promise<Answer> {
    const [step] = names.filter((name) => existsSync(join(this.steps, name)));
    if (step !== undefined) {
      // Its main process is asked to end, and what it leaves undone is done before its file goes away.
      const file = quote(join(this.steps, step));
      return {
        shell: `/bin/kill -TERM "$(cat ${file})" 2>/dev/null\nwhile [ -e ${file} ]; do sleep 0.05; done\nexit 0\n`,
      };
    }
    for (const name of names) await this.stop(name);
    return answer("");
  }

  #show(names: readonly string[], args: readonly string[]): Answer {
    const wanted = (args[args.indexOf("--property") + 1] ?? "").split(",");
    const blocks = names.map((name) => {
      const standing = this.#units.get(name);
      const facts: Record<string, string> = {
        Id: name,
        LoadState: standing === undefined ? "not-found" : "loaded",
        ActiveState: standing?.active ?? "inactive",
        SubState:
          standing?.active === "active" ? "running" : standing?.active === "failed" ? "failed" : "dead",
        UnitFileState: standing === undefined ? "" : "enabled",
        Result: standing?.result ?? "success",
        ActiveEnterTimestamp: stamp(standing?.upSince),
        InactiveEnterTimestamp: stamp(standing?.downSince),
        NRestarts: "0",
      };
      return wanted
        .map((property) =>
          args.includes("--value") ? `${facts[property] ?? ""}\n` : `${property}=${facts[property] ?? ""}\n`,
        )
        .join("");
    });
    return answer(blocks.join("\n"));
  }
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** `Tue 2026-11-24 06:51:48 UTC` */
function stamp(date: Date | undefined): string {
  return date === undefined
    ? ""
    : `${DAYS[date.getUTCDay()]} ${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
