// From a parsed connection to something that carries commands. The parts for either kind are loaded when needed.

import type { Connection } from "../inputs/connection.ts";
import type { SshDeps } from "./ssh/connect.ts";
import type { Transport } from "./transport.ts";

export type ConnectDeps = SshDeps;

/**
 * Connects to the host that the inputs name: over SSH, or to this machine itself.
 * @throws HostError saying why not, in words for a person
 */
export async function connect(connection: Connection, deps: ConnectDeps): Promise<Transport> {
  if (connection.kind === "local") {
    const { localTransport } = await import("./local.ts");
    return localTransport();
  }
  const { connectSsh } = await import("./ssh/connect.ts");
  return connectSsh(connection, deps);
}
