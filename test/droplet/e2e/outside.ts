/** What the tests see of a droplet with their own eyes, before and after a run: never through the product. */

import { expect } from "vitest";
import type { Droplet } from "../droplet.ts";

/** What must not change, or change only as the test says. */
export interface OutsideView {
  /** Of every container: id, image, start time. */
  readonly containers: string;
  /** Rows of the tables that hold what users made. */
  readonly rows: string;
  /** Project files and nginx configuration, by hash. */
  readonly files: string;
}

export async function lookFromOutside(droplet: Droplet): Promise<OutsideView> {
  return {
    containers: await droplet.script(
      `docker ps -aq | xargs -r docker inspect -f '{{.Name}} {{.Id}} {{.Image}} {{.State.StartedAt}} {{.State.Status}} {{.RestartCount}}' | sort`,
    ),
    rows: await droplet.psql(
      "select (select count(*) from res_partner), (select md5(string_agg(x::text, ',' order by id)) from res_partner x), (select count(*) from ir_attachment), (select md5(string_agg(name || state, ',' order by name)) from ir_module_module)",
    ),
    files: await droplet.script(
      `find ${droplet.parameters.directory} /etc/nginx -type f | sort | xargs sha256sum`,
    ),
  };
}

/** Nothing of ours stays on the host: no unit, process, container, lease, run directory, dead-man or temporary file. */
export async function expectNothingLeftBehind(droplet: Droplet): Promise<void> {
  const found = await droplet.script(`
    systemctl list-units --all --no-legend 'odoo-recover*' | sed 's/^/unit: /'
    if [ -d /run/odoo-recover ]; then find /run/odoo-recover -mindepth 2 -not -name lock -not -name recoveries | sed 's/^/state: /'; fi
    find /dev/shm /tmp /run -maxdepth 1 -name 'odoo-recover.*' | sed 's/^/temporary: /'
    { pgrep -af '/run/odoo-recover/' || true; } | sed 's/^/process: /'
    { systemctl list-unit-files --no-legend 'odoo-recover*' || true; } | sed 's/^/unit file: /'
    { find /var/lib/odoo-recover -name put-back 2>/dev/null || true; } | sed 's/^/dead-man: /'
    docker ps -a --filter name=odoo-recover --format 'container: {{.Names}}'
  `);
  expect(found.trim()).toBe("");
}
