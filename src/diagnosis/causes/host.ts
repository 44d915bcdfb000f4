/** Causes that lie in the host: Docker, whoever is at work, full disks. */

import { type FileSystem, ifSeen, type Survey } from "../../survey/survey.ts";
import { type Found, found, type Situation } from "./situation.ts";
/** Docker's daemon does not answer, although it is there. Known without a target: nothing can be found without it. */
export function dockerDown(survey: Survey): Found | undefined {
  if (survey.containers.observed) return undefined;
  const { why } = survey.containers;
  if (/permission denied/i.test(why)) return undefined;
  const unit = ifSeen(survey.units)?.get("docker.service");
  const silent = /no answer in time/.test(why);
  const refused =
    /Cannot connect to the Docker daemon|Is the docker daemon running|connection refused|EOF/i.test(why);
  if (unit?.load === "loaded" && unit.active !== "active") {
    const how = unit.active === "failed" ? `failed (${unit.result})` : unit.active;
    return found(
      "docker-down",
      `the Docker daemon is down: docker.service is ${how}`,
      "Start it with `systemctl start docker`, and look at `journalctl -u docker` for why it went down.",
    );
  }
  if (refused || silent) {
    return found(
      "docker-down",
      silent
        ? "the Docker daemon hangs: it gives no answer"
        : `the Docker daemon does not answer: ${why.split("\n")[0]}`,
      "Look at `journalctl -u docker`. Restarting the daemon (`systemctl restart docker`) also stops and starts every container, so that is a person's decision.",
    );
  }
  return undefined;
}

/** Known without a target too, where Docker is being upgraded. */
export function somebodyAtWork({ work, layers }: Pick<Situation, "work" | "layers">): Found | undefined {
  if (work.length === 0 || !layers.some(({ state }) => state === "bad")) return undefined;
  const what = [...new Set(work.map((each) => each.what))].join(" and ");
  return found(
    "in-progress",
    `${what} is under way, and the site is not good meanwhile`,
    "Wait until that has ended, then run again. It is never interrupted.",
  );
}

/** Below this many KiB nothing can work, however small the file system is. */
const NO_SPACE = 8 * 1024;

/**
 * All that matter. A filestore may have one of its own below the volume, which only its container sees; it is told by that
 * one's path. Mostly it is one that the host was asked for already, by another path.
 */
export function fileSystems(survey: Survey): FileSystem[] {
  const ofHost = ifSeen(survey.disks) ?? [];
  const ofFilestores = [...(ifSeen(survey.filestores)?.values() ?? [])].flatMap((stores) =>
    (ifSeen(stores) ?? []).flatMap(({ disk }) => disk ?? []),
  );
  const own = ofFilestores.filter(
    ({ size, inodes }) => !ofHost.some((each) => each.size === size && each.inodes === inodes),
  );
  return [...ofHost, ...own];
}

export function fullFileSystems(
  survey: Survey,
): { readonly disk: FileSystem; readonly of: "space" | "inodes" }[] {
  return fileSystems(survey).flatMap((disk): { disk: FileSystem; of: "space" | "inodes" }[] => {
    const { size, available, inodes, inodesFree } = disk;
    if (size > 0 && available < Math.min(NO_SPACE, size / 100)) return [{ disk, of: "space" }];
    if (inodes !== undefined && inodesFree !== undefined && inodesFree < Math.min(10, inodes / 100))
      return [{ disk, of: "inodes" }];
    return [];
  });
}

export function diskFull({ survey, layers }: Situation): Found | undefined {
  if (!layers.some(({ state }) => state === "bad")) return undefined;
  const [full] = fullFileSystems(survey);
  if (full === undefined) return undefined;
  const { disk, of } = full;
  const where = `the file system ${disk.mount}`;
  return of === "space"
    ? found(
        "disk-full",
        `${where} is full (${disk.available} KiB of ${Math.round(disk.size / 1024)} MiB left)`,
        `Free space on ${disk.mount}: old logs (\`journalctl --vacuum-size=200M\`), old dumps, unused images (\`docker system df\`). Then run again; a restart alone would not last.`,
      )
    : found(
        "inodes-full",
        `${where} has no inodes left (${disk.inodesFree} of ${disk.inodes}): no file can be made, though there is space`,
        `Find the folder with very many small files on ${disk.mount} (often sessions or caches), and remove what is old. Then run again; a restart alone would not last.`,
      );
}
