/** No attack: the droplet behind the server says what it would say. What is wrong here is wrong with the tests. */

import type { Attack } from "../attack.ts";

const status =
  (wanted: string): NonNullable<Attack["expect"]> =>
  ({ end }) =>
    end.outputs.get("status") === wanted
      ? []
      : [`an honest droplet ends ${end.outputs.get("status")}, not ${wanted}: ${end.log.slice(-600)}`];

export const HONEST: readonly Attack[] = [
  { name: "an honest droplet that is well", expect: status("healthy") },
  { name: "an honest droplet whose Odoo is stopped", state: "odoo-stopped", expect: status("unhealthy") },
  {
    name: "an honest droplet for which a plan is made",
    state: "odoo-stopped",
    mode: "plan",
    expect: status("planned"),
  },
  {
    name: "an honest droplet that is recovered, the evidence uploaded",
    state: "odoo-stopped",
    mode: "recover",
    uploads: true,
    expect: status("recovered"),
  },
  {
    name: "an honest droplet in a public repository",
    state: "odoo-stopped",
    public: true,
    expect: status("unhealthy"),
  },
];
