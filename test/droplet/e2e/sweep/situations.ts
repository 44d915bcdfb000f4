/** What each remedy, and the backup, is interrupted on: a broken droplet on which a run comes to it. */

import type { RemedyName } from "../../../../src/diagnosis/remedy-name.ts";
import type { Status } from "../../../../src/journal.ts";
import type { ActionInputs } from "../action.ts";
import type { Bench } from "../run.ts";
import { breakLoginAssets } from "../wipe.ts";

export interface Situation {
  readonly step: RemedyName | "backup";
  readonly break: (bench: Bench) => Promise<void>;
  readonly inputs: ActionInputs;
  /** Whether it runs only as a step of a plan that a person has approved. */
  readonly approved: boolean;
  /** Seconds from the step's start that are surely within it, on a machine that is not busy. */
  readonly seconds: number;
  /** What the host needs so that a reboot by itself makes nothing worse: somebody does it just before. */
  readonly beforeReboot?: (bench: Bench) => Promise<void>;
  /** How a run ends that comes after the interrupted one. */
  readonly next: readonly Status[];
}

/** Seconds that commands of a step take longer than they would: a step that is over in a second is hard to interrupt. */
const SLOWER = 4;

const BACK: readonly Status[] = ["recovered", "healthy"];

/** A `docker` in front of the droplet's own, which is slow with what changes something, where a step of ours asks for it. */
async function slowDocker(bench: Bench): Promise<void> {
  await bench.droplet.script(`
    cat >/usr/local/sbin/docker <<'SH'
#!/bin/sh
case "\${STEP_NAME:+step} $1 $2" in
  "step start "* | "step unpause "* | "step exec -i") sleep ${SLOWER} ;;
esac
exec /usr/bin/docker "$@"
SH
    chmod 755 /usr/local/sbin/docker`);
}

/** A service that takes its time to start, as nginx does with many certificates to read and Docker with many containers. */
function slowUnit(unit: "nginx" | "docker"): (bench: Bench) => Promise<void> {
  return async (bench) => {
    await bench.droplet.script(`
      mkdir -p /etc/systemd/system/${unit}.service.d
      printf '[Service]\\nExecStartPre=/bin/sleep ${SLOWER}\\n' >/etc/systemd/system/${unit}.service.d/slow.conf
      systemctl daemon-reload`);
  };
}

export async function takeSlownessAway(bench: Bench): Promise<void> {
  await bench.droplet.script(
    "rm -rf /usr/local/sbin/docker /etc/systemd/system/{nginx,docker}.service.d/slow.conf; systemctl daemon-reload",
  );
}

function onFault(
  step: RemedyName,
  fault: string,
  seconds: number,
  {
    slow = slowDocker,
    next = BACK,
  }: { slow?: (bench: Bench) => Promise<void>; next?: readonly Status[] } = {},
): Situation {
  return {
    step,
    inputs: { ceiling: "repair" },
    approved: false,
    seconds,
    next,
    break: async (bench) => {
      await bench.break(fault);
      await slow(bench);
    },
  };
}

const asIs = async (): Promise<void> => {};

/** The wipe comes after its backup. A deploy is half done, so that no Odoo would start anew: it is finished before a reboot. */
const WIPE = {
  inputs: { ceiling: "wipe" },
  approved: true,
  next: BACK,
  break: breakLoginAssets,
  beforeReboot: async ({ droplet }: Bench) => void (await droplet.script("restore_project")),
} as const;

export const SITUATIONS: readonly Situation[] = [
  onFault("start-docker", "docker-stopped", 4, { slow: slowUnit("docker") }),
  onFault("start-nginx", "nginx-stopped", 3, { slow: slowUnit("nginx") }),
  onFault("start-db", "db-stopped", 3),
  onFault("start-stack", "odoo-stopped", 3),
  onFault("resume-odoo", "odoo-paused", 3),
  onFault("restart-odoo", "odoo-hangs", 8, { slow: asIs }),
  // It mends nothing, so the next run ends as an uninterrupted one does.
  onFault("boot-check", "crash-loop-exit", 5, { slow: asIs, next: ["unhealthy"] }),
  onFault("fix-permissions", "filestore-permissions", 5),
  onFault("regenerate-assets", "assets-truncated", 5),
  { step: "wipe-assets", seconds: 4, ...WIPE },
  { step: "backup", seconds: 2, ...WIPE },
  {
    step: "module",
    inputs: { module: "shop_notes", module_action: "uninstall" },
    approved: true,
    seconds: 4,
    next: BACK,
    break: (bench) => bench.break("scss-error"),
  },
];
