/** Whether an interrupted run left everything at least as good as it found it: by the tests' own eyes. */

import type { Droplet } from "../../droplet.ts";
import { until } from "../../process.ts";
import type { Treasures } from "../treasures.ts";

/** What a layer shows where it is good (guest/observe.sh). */
const GOOD: ReadonlyMap<string, string> = new Map([
  ["proxy", "200"],
  ["asset", "200"],
  ["direct", "200"],
  ["odoo", "running"],
  ["db", "running"],
]);
/** Seconds in which what was interrupted comes to its end: dead-man, Docker's own restarts, a boot. */
const PATIENCE = 150;

/** How a broken droplet stood before anybody touched it. */
export class Before {
  readonly #droplet: Droplet;
  readonly #treasures: Treasures;
  readonly #layers: ReadonlyMap<string, string>;
  readonly #containers: string;
  readonly #modules: string | undefined;

  static async of(droplet: Droplet, treasures: Treasures): Promise<Before> {
    const layers = await droplet.observe();
    return new Before(
      droplet,
      treasures,
      layers,
      await containersOf(droplet).catch(() => ""),
      layers.get("db") === "running" ? await modulesOf(droplet).catch(() => undefined) : undefined,
    );
  }

  private constructor(
    droplet: Droplet,
    treasures: Treasures,
    layers: ReadonlyMap<string, string>,
    containers: string,
    modules: string | undefined,
  ) {
    this.#droplet = droplet;
    this.#treasures = treasures;
    this.#layers = layers;
    this.#containers = containers;
    this.#modules = modules;
  }

  /** Waits until nothing of ours works on the droplet any more: no step runs, and no dead-man is armed. */
  async settled(): Promise<void> {
    let left = "";
    await until(
      PATIENCE,
      async () => {
        left = await this.#droplet.script(`
          systemctl list-units --no-legend --state=active,activating,deactivating 'odoo-recover*'
          find /var/lib/odoo-recover -name put-back 2>/dev/null || true`);
        return left.trim() === "" ? true : undefined;
      },
      () => `after ${PATIENCE} s there is still: ${left}`,
    );
  }

  /** @throws Error that names each layer that is worse than before, when its time to come back is over */
  async layersAreAsGood(): Promise<void> {
    let worse: string[] = [];
    await until(
      PATIENCE,
      async () => {
        const now = await this.#droplet.observe();
        worse = [...GOOD].flatMap(([layer, good]) =>
          this.#layers.get(layer) === good && now.get(layer) !== good
            ? [`${layer} was ${good} and is ${now.get(layer)}`]
            : [],
        );
        return worse.length === 0 ? true : undefined;
      },
      () => worse.join(", "),
    );
  }

  /** Same containers of the same images, which start with Docker as before, and none of ours. */
  async containersAreTheSame(): Promise<void> {
    if (this.#containers === "") return;
    const now = await containersOf(this.#droplet);
    if (now !== this.#containers)
      throw new Error(`the containers were\n${this.#containers}\nand are\n${now}`);
  }

  /** @param uninstalled the module that the remedy may have removed, with its table, where it did all of it */
  async dataIsTheSame(uninstalled?: string): Promise<void> {
    const gone =
      uninstalled !== undefined &&
      (await this.#droplet.psql(`select state from ir_module_module where name = '${uninstalled}'`)) ===
        "uninstalled";
    if (!gone) await this.#treasures.assertUntouched();
    if (this.#modules === undefined) return;
    const others = (modules: string): string =>
      modules
        .split("\n")
        .filter((line) => !gone || !line.startsWith(`${uninstalled}|`))
        .join("\n");
    const now = await modulesOf(this.#droplet);
    if (others(now) !== others(this.#modules)) throw new Error("the states of the modules are not as before");
  }

  /** @throws Error with what pg_amcheck says where a table or an index is damaged */
  async databaseIsWhole(): Promise<void> {
    await this.#droplet.script(`
      container=$(container_of "$DB_SERVICE")
      sql "$DATABASE" <<<"create extension if not exists amcheck"
      docker exec "$container" pg_amcheck -U "$DATABASE_USER" -d "$DATABASE" --heapallindexed 1>&2
      sql "$DATABASE" <<<"drop extension amcheck"`);
  }

  /** Neither a program of ours nor a session is on the droplet, whoever was killed. */
  async nothingSensitiveIsLeft(): Promise<void> {
    const found = await this.#droplet.script(
      "find /run/odoo-recover /var/lib/odoo-recover \\( -name program -o -name page.headers \\) 2>/dev/null || true",
    );
    if (found !== "") throw new Error(`left on the droplet: ${found}`);
  }
}

async function containersOf(droplet: Droplet): Promise<string> {
  return await droplet.script(
    `docker ps --all --quiet | xargs -r docker inspect --format '{{.Name}} {{.Id}} {{.Image}} {{.HostConfig.RestartPolicy.Name}}' | sort`,
  );
}

async function modulesOf(droplet: Droplet): Promise<string> {
  return await droplet.psql("select name, state from ir_module_module order by name");
}
