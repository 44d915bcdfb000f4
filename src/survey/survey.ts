/** What one look at the host saw. Each part is a value, or *not observed* with the reason; nothing is guessed. */

/** A value that was observed, or why it was not. */
export type Observation<T> =
  | { readonly observed: true; readonly value: T }
  | { readonly observed: false; readonly why: string };

export const seen = <T>(value: T): Observation<T> => ({ observed: true, value });
export const unseen = (why: string): Observation<never> => ({ observed: false, why });

/** How programs may run on the host: as root, as a user whom `sudo -n` makes root, or with the user's own rights. */
export type Privilege = "root" | "sudo" | "user";

export interface HostFacts {
  readonly user: string;
  readonly privilege: Privilege;
  readonly name: string;
  /** `Linux`. */
  readonly system: string;
  /** Changes with every boot; empty where the system does not tell. */
  readonly bootId: string;
  readonly uptimeSeconds: number | undefined;
  /** The host's wall clock, in seconds since 1970. */
  readonly epoch: number;
}

/** A container that Compose made (`docker inspect`), one-off containers of `compose run` included. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly service: string;
  readonly oneOff: boolean;
  /** `running`, `exited`, `restarting`, `paused`, `created`, `dead`, `removing`. */
  readonly state: string;
  /** The container's own health check: `healthy`, `unhealthy`, `starting`; undefined without one. */
  readonly health: string | undefined;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly restartCount: number;
  /** ISO 8601, as Docker gives it. */
  readonly createdAt: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** The image it was made from, by id, and the reference that was asked for then. */
  readonly imageId: string;
  readonly imageReference: string;
  /** `unless-stopped`, `always`, `on-failure`, `no`. */
  readonly restartPolicy: string;
  /** Compose's hash of the service's configuration when the container was made. */
  readonly configHash: string;
  /** Container ports that it publishes on the host, and those that it only exposes: `8069/tcp`. */
  readonly publishes: readonly string[];
  readonly exposes: readonly string[];
}

/** A service as the compose files define it today. */
export interface Service {
  readonly name: string;
  readonly image: string | undefined;
  /** Container ports that it publishes on the host, and those that it only exposes. */
  readonly publishes: readonly number[];
  readonly exposes: readonly number[];
  /** By this hash Compose would decide to recreate; undefined when Compose did not tell. */
  readonly configHash: string | undefined;
}

export interface Project {
  readonly name: string;
  readonly directory: string;
  readonly files: readonly string[];
  readonly environmentFiles: readonly string[];
  /** Whether containers' labels named it, or only its files were found. */
  readonly origin: "labels" | "files";
  /** What its files define now. */
  readonly services: Observation<readonly Service[]>;
}

/** The answer to one GET of /web/login. */
export type HttpAnswer =
  | {
      readonly answered: true;
      readonly code: number;
      readonly seconds: number;
      readonly bytes: number;
      readonly contentType: string;
      readonly location: string;
      /** The first 64 KiB. */
      readonly body: string;
    }
  | {
      readonly answered: false;
      /** What went wrong: nothing listens, no answer in time, or the connection broke. */
      readonly problem: "refused" | "timed-out" | "broken";
      readonly detail: string;
    };

/** Odoo's own port on one container. */
export interface DirectProbe {
  readonly containerId: string;
  /** Whether the container's 8069 is published on the host at all. */
  readonly published: boolean;
  /** `127.0.0.1:8069`; empty when the container has no address now. */
  readonly address: string;
  readonly answer: Observation<HttpAnswer>;
}

export interface ProxyProbe {
  /** The door that answered, or the last one tried: `https:443`. */
  readonly door: string;
  readonly answer: HttpAnswer;
}

export interface Survey {
  readonly host: Observation<HostFacts>;
  readonly containers: Observation<readonly Container[]>;
  /** Image references and what they mean today, by id. */
  readonly images: Observation<ReadonlyMap<string, string>>;
  /** Compose's version. */
  readonly compose: Observation<string>;
  readonly projects: Observation<readonly Project[]>;
  readonly direct: Observation<readonly DirectProbe[]>;
  readonly proxy: Observation<ProxyProbe>;
  /** The last lines of each container's log, with timestamps, by container id. */
  readonly logs: Observation<ReadonlyMap<string, string>>;
}
