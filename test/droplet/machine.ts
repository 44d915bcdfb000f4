/**
 * The droplet as this machine's Docker sees it: images, network, volume and container. Everything it makes is called
 * `odoo-recover-<name>`, publishes on the loopback address only, and is removed by `remove`.
 */

import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { withLock } from "./home.ts";
import { keyOf, type Parameters } from "./parameters.ts";
import { must, run, until } from "./process.ts";
import type { InnerImages } from "./project.ts";

const here = import.meta.dirname;

export interface Images {
  /** References on this machine, and the ids behind them. */
  readonly odoo: string;
  readonly postgres: string;
  readonly droplet: string;
  /** Changes with any of the three, and with the two that the template holds. */
  readonly key: string;
  readonly dataKey: string;
  /** What the droplet's own Docker calls them. */
  readonly inner: InnerImages;
}

export type Progress = (text: string) => void;

/**
 * Installs what is missing, builds or pulls the images that are not there. Under a second when all is. One at a time: two
 * who build the same image write to the same file.
 */
export async function prepareImages(parameters: Parameters, progress: Progress): Promise<Images> {
  return await withLock("images", () => prepare(parameters, progress));
}

async function prepare(parameters: Parameters, progress: Progress): Promise<Images> {
  await must("bash", [join(here, "install.sh")], { onStderr: progress });
  const wanted = ["droplet"];
  if (!parameters.odooImage) wanted.push("odoo");
  if (!parameters.postgresImage) wanted.push("postgres");
  const built = await must("bash", [join(here, "images/build.sh"), ...wanted], {
    env: { ...process.env, POSTGRES_VERSION: String(parameters.postgresVersion) },
    onStderr: progress,
  });
  const references = new Map(built.split("\n").map((line) => line.split(" ") as [string, string]));
  for (const given of [parameters.odooImage, parameters.postgresImage].filter(Boolean)) {
    if ((await run("docker", ["image", "inspect", given])).code !== 0) {
      progress(`pulling ${given}\n`);
      await must("docker", ["pull", "--quiet", given]);
    }
  }
  const odoo = parameters.odooImage || (references.get("odoo") ?? "");
  const postgres = parameters.postgresImage || (references.get("postgres") ?? "");
  const droplet = references.get("droplet") ?? "";
  const ids = await must("docker", ["image", "inspect", "--format", "{{.Id}}", odoo, postgres, droplet]);
  return {
    odoo,
    postgres,
    droplet,
    key: keyOf(ids),
    dataKey: keyOf(ids.split("\n").slice(0, 2)),
    inner: {
      odoo: parameters.odooImage || "odoo-prod:14",
      postgres: parameters.postgresImage || `postgres-prod:${parameters.postgresVersion}`,
    },
  };
}

export interface Ports {
  readonly ssh: number;
  readonly http: number;
}

/** Two ports of the loopback address that nothing listens on now: the preferred ones where they are free. */
export async function freePorts(preferred: Ports = { ssh: 0, http: 0 }): Promise<Ports> {
  const servers = [createServer(), createServer()] as const;
  try {
    return {
      ssh: await listen(servers[0], preferred.ssh),
      http: await listen(servers[1], preferred.http),
    };
  } finally {
    for (const server of servers) server.close();
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => (port === 0 ? reject(error) : resolve(listen(server, 0))));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}

export const containerName = (name: string) => `odoo-recover-${name}`;

/** Creates the container with its network and an empty or given volume; does not start it. */
export async function create(
  name: string,
  image: string,
  volume: string,
  ports: Ports,
  labels: Readonly<Record<string, string>>,
  memory: string,
): Promise<void> {
  const container = containerName(name);
  await createNetwork(container);
  await must("docker", [
    "create",
    ...["--name", container, "--hostname", "odoo-prod", "--network", container],
    ...Object.entries(labels).flatMap(([key, value]) => ["--label", `odoo-recover.${key}=${value}`]),
    // `--privileged` asks for all capabilities, and runc refuses it where the machine's own bounding set lacks one
    // (CAP_SYS_RESOURCE on some). This is the same thing without that one, and works in both places.
    ...["--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--device-cgroup-rule", "a *:* rwm"],
    ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
    ...["--security-opt", "systempaths=unconfined", "--cgroupns=private"],
    ...["--tmpfs", "/run:exec,size=64m", "--tmpfs", "/run/lock:size=5m"],
    // A volume, so that the droplet's own Docker finds a file system that overlay2 works on.
    ...["--volume", `${volume}:/var/lib/docker`],
    ...["--stop-signal", "SIGRTMIN+3", "--stop-timeout", "90"],
    // Inside, nothing may happen to listen there: a look at the droplet asks its public port first (containerd takes any).
    ...["--sysctl", `net.ipv4.ip_local_reserved_ports=${ports.ssh},${ports.http}`],
    ...["--publish", `127.0.0.1:${ports.ssh}:22`, "--publish", `127.0.0.1:${ports.http}:80`],
    ...(memory ? ["--memory", memory, "--memory-swap", memory] : []),
    image,
  ]);
}

/** The droplet's own Docker uses 172.30 and 172.31; these stay clear of it and of each other. */
async function createNetwork(network: string): Promise<void> {
  if ((await run("docker", ["network", "inspect", network])).code === 0) return;
  for (let third = 0; third < 256; third++) {
    const made = await run("docker", ["network", "create", "--subnet", `10.213.${third}.0/24`, network]);
    if (made.code === 0) return;
    if (!/overlap/i.test(made.stderr)) throw new Error(`no network for the droplet: ${made.stderr.trim()}`);
  }
  throw new Error("no network for the droplet: all of 10.213.0.0/16 is taken");
}

/** Starts the container and waits until the droplet's Docker answers. */
export async function boot(name: string): Promise<void> {
  await must("docker", ["start", containerName(name)]);
  await answers(name, "docker info >/dev/null");
}

/** Stops the container as systemd stops a machine, starts it again, and waits until sshd listens. */
export async function reboot(name: string): Promise<void> {
  await must("docker", ["restart", "--time", "90", containerName(name)], { timeoutSeconds: 150 });
  await waitForSsh(name);
}

/** The power fails and comes back: nothing gets a last word, and what was not on the disk is lost. */
export async function powerCut(name: string): Promise<void> {
  await must("docker", ["kill", containerName(name)]);
  await boot(name);
  await waitForSsh(name);
}

/** Waits until sshd listens; without host keys, as in the template, it never does. */
export async function waitForSsh(name: string): Promise<void> {
  await answers(name, "exec 3<>/dev/tcp/127.0.0.1/22");
}

async function answers(name: string, command: string): Promise<void> {
  let last = "";
  await until(
    60,
    async () => {
      const ended = await run("docker", ["exec", containerName(name), "bash", "-c", command], {
        timeoutSeconds: 20,
      });
      last = ended.stderr.trim();
      return ended.code === 0 ? true : undefined;
    },
    () => `the droplet ${name} does not come up: ${last}`,
  );
}

/** What Docker says of the droplet's own container; undefined when there is none. */
export async function inspect(
  name: string,
): Promise<{ running: boolean; labels: Record<string, string> } | undefined> {
  const ended = await run("docker", ["container", "inspect", containerName(name)]);
  if (ended.code !== 0) return undefined;
  const [container] = JSON.parse(ended.stdout) as [
    { State: { Running: boolean }; Config: { Labels: Record<string, string> | null } },
  ];
  return { running: container.State.Running, labels: container.Config.Labels ?? {} };
}

/** Sends the files below `root` into the running droplet, as root's, without touching the folders that exist. */
export async function sendFiles(name: string, root: string, to = "/"): Promise<void> {
  await must("bash", [
    "-o",
    "pipefail",
    "-c",
    'tar -C "$1" --owner=0 --group=0 -c . | docker exec -i "$2" tar -C "$3" --no-overwrite-dir -x',
    "send",
    root,
    containerName(name),
    to,
  ]);
}

/** Loads both images into the droplet's own Docker, under their inner names. */
export async function loadImages(name: string, images: Images): Promise<void> {
  const container = containerName(name);
  await must("bash", [
    "-o",
    "pipefail",
    "-c",
    'docker save "$2" "$3" | docker exec -i "$1" docker load',
    "load",
    container,
    images.odoo,
    images.postgres,
  ]);
  for (const [outer, inner] of [
    [images.odoo, images.inner.odoo],
    [images.postgres, images.inner.postgres],
  ] as const) {
    if (outer === inner) continue;
    await must("docker", ["exec", container, "docker", "tag", outer, inner]);
    await must("docker", ["exec", container, "docker", "rmi", outer]);
  }
}

/**
 * Makes a volume out of a template's. Image layers and the data snapshot are never written to again, so both volumes
 * share them by hard links; the rest is copied. The helper sees the folder of all volumes, for links do not reach
 * across mounts.
 */
export async function cloneVolume(
  image: string,
  from: string,
  to: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const root = await must("docker", ["info", "--format", "{{.DockerRootDir}}"]);
  const marks = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  await must("docker", ["volume", "create", ...marks, to]);
  const program = `set -e
    cd "/volumes/$1/_data"
    cp --archive --link overlay2 .droplet "/volumes/$2/_data/"
    find . -mindepth 1 -maxdepth 1 ! -name overlay2 ! -name .droplet -exec cp --archive -t "/volumes/$2/_data/" {} +`;
  await must("docker", [
    ...["run", "--rm", "--network", "none", "--volume", `${root}/volumes:/volumes`],
    ...[image, "bash", "-c", program, "clone", from, to],
  ]);
}

/** Removes the volumes with that label, but for one: templates that a newer one has replaced. */
export async function removeOtherVolumes(label: string, keep: string): Promise<void> {
  const volumes = await must("docker", ["volume", "ls", "--quiet", "--filter", `label=${label}`]);
  for (const volume of volumes.split("\n").filter((name) => name && name !== keep)) {
    await must("docker", ["volume", "rm", volume]);
  }
}

/** A folder for files of the droplet that only the user may read. */
export function privateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** Removes container and network, and with `purge` the volume too. Nothing that is not there is an error. */
export async function remove(name: string, purge: boolean): Promise<void> {
  const container = containerName(name);
  // stop first: systemd ends the inner containers, so that the volume is left consistent
  if (!purge) await run("docker", ["stop", container], { timeoutSeconds: 120 });
  await run("docker", ["rm", "--force", container]);
  await run("docker", ["network", "rm", container]);
  if (purge) await run("docker", ["volume", "rm", container]);
}
