/** What one look at the host saw. Each part is a value, or *not observed* with the reason; nothing is guessed. */

/** A value that was observed, or why it was not. */
export type Observation<T> =
  | { readonly observed: true; readonly value: T }
  | { readonly observed: false; readonly why: string };

export const seen = <T>(value: T): Observation<T> => ({ observed: true, value });
export const unseen = (why: string): Observation<never> => ({ observed: false, why });
export const ifSeen = <T>(observation: Observation<T>): T | undefined =>
  observation.observed ? observation.value : undefined;

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
  /** Its time zone, as minutes east of UTC: Debian's package log has no zone of its own. */
  readonly zoneMinutes: number;
  /** Load averages over 1, 5 and 15 minutes; empty where the system does not tell. */
  readonly load: readonly number[];
  readonly processors: number | undefined;
}

/** A service that another one needs, and in which state: `service_started`, `service_healthy`, `service_completed_successfully`. */
export interface Dependency {
  readonly service: string;
  readonly condition: string;
}

/** A container that Compose made (`docker inspect`), one-off containers of `compose run` included. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly service: string;
  /** Which of the service's containers it is: `1` where there is one. What replaces a container has its number. */
  readonly number: string;
  /** What its service needed when it was made. */
  readonly dependsOn: readonly Dependency[];
  readonly oneOff: boolean;
  /** `running`, `exited`, `restarting`, `paused`, `created`, `dead`, `removing`. */
  readonly state: string;
  /** The container's own health check: `healthy`, `unhealthy`, `starting`; undefined without one. */
  readonly health: string | undefined;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why Docker could not start it, in Docker's words; empty when it could. */
  readonly error: string;
  /** How often Docker restarted it by itself since somebody started it. */
  readonly restartCount: number;
  /** Its main process, as the host numbers it; 0 when it does not run. */
  readonly pid: number;
  /** ISO 8601, as Docker gives it. */
  readonly createdAt: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** The image it was made from, by id, and the reference that was asked for then. */
  readonly imageId: string;
  readonly imageReference: string;
  /** `unless-stopped`, `always`, `on-failure`, `no`. */
  readonly restartPolicy: string;
  /** Most memory it may use, in bytes; 0 for no limit. */
  readonly memoryLimit: number;
  /** Compose's hash of the service's configuration when the container was made. */
  readonly configHash: string;
  /** Container ports that it publishes on the host, and those that it only exposes: `8069/tcp`. */
  readonly publishes: readonly string[];
  readonly exposes: readonly string[];
  /** What its environment says of the database's host; empty when nothing. */
  readonly databaseHost: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** A service as the compose files define it today. */
export interface Service {
  readonly name: string;
  readonly image: string | undefined;
  /** Container ports that it publishes on the host, and those that it only exposes. */
  readonly publishes: readonly number[];
  readonly exposes: readonly number[];
  readonly dependsOn: readonly Dependency[];
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
  /** Where the keys of its files stand, so that a person can be sent there. */
  readonly outline: readonly FileLine[];
}

/** A place in a file on the host. */
export interface FileLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What an image reference means today. */
export interface Image {
  readonly id: string;
  /** When it was pulled, built or tagged last, in milliseconds since 1970; undefined where Docker does not tell. */
  readonly taggedAt: number | undefined;
}

export interface ComposeProgram {
  /** `v1` is the old `docker-compose`, which is no longer maintained: recognised, and not used. */
  readonly generation: "v1" | "v2";
  readonly version: string;
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
  /** TCP ports on which its processes listen; undefined when it was not asked, or could not be seen. */
  readonly listens: readonly number[] | undefined;
  /** What the container's own address answers, asked only when the published one does not. */
  readonly inner: HttpAnswer | undefined;
}

export interface ProxyProbe {
  /** The door that answered, or the last one tried: `https:443`. */
  readonly door: string;
  readonly answer: HttpAnswer;
}

/** One stylesheet or script of a login page, as it was handed out. */
export interface Asset {
  /** As the page names it: `/web/content/214-1f3a2bc/web.assets_common.css`. */
  readonly path: string;
  readonly kind: "css" | "js";
  readonly answer: AssetAnswer;
}

export type AssetAnswer =
  | {
      readonly answered: true;
      readonly code: number;
      readonly seconds: number;
      readonly bytes: number;
      readonly contentType: string;
      readonly location: string;
      /** Of the body, in hexadecimal; empty where the host cannot compute it. */
      readonly sha1: string;
      /** Lines of the body that a failed compilation leaves, at most 300 characters of each. */
      readonly markers: readonly string[];
    }
  | Extract<HttpAnswer, { answered: false }>;

/** The stylesheets and scripts that a login page asks for. */
export interface PageAssets {
  readonly assets: readonly Asset[];
  /** Addresses of those that another host serves (a CDN); they are not asked for. */
  readonly elsewhere: readonly string[];
}

/** What the public gets, asked from the runner. */
export interface PublicProbe {
  readonly url: string;
  readonly answer: HttpAnswer;
  /** What the answer says of who answered: the headers `server`, `via`, `cf-ray`, …; for recognising a CDN. */
  readonly headers: Readonly<Record<string, string>>;
  /** undefined without TLS, or when no certificate was offered. */
  readonly certificate: Certificate | undefined;
}

export interface Certificate {
  /** The names it is for. */
  readonly names: readonly string[];
  /** Milliseconds since 1970; undefined where its date cannot be read. */
  readonly expires: number | undefined;
  /** Why a browser would not accept it; undefined when it would. */
  readonly problem: string | undefined;
}

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** As ps(1) prints it: `Ssl`, `T` for one that was stopped by a signal. */
  readonly state: string;
  readonly seconds: number;
  /** Command and arguments, the first 400 characters. */
  readonly command: string;
}

export interface Listener {
  /** `0.0.0.0`, `[::]`, `127.0.0.1`, `*`. */
  readonly address: string;
  readonly port: number;
  /** `nginx`, `docker-proxy`; empty when it could not be seen. */
  readonly program: string;
}

/** A systemd unit. */
export interface Unit {
  /** `loaded`, `not-found`, `masked`. */
  readonly load: string;
  /** `active`, `inactive`, `failed`, `activating`. */
  readonly active: string;
  /** `success`, `exit-code`, `signal`, `oom-kill`, `start-limit-hit`. */
  readonly result: string;
  /** When it went down last, in milliseconds since 1970; undefined when it did not, or the time could not be read. */
  readonly downSince: number | undefined;
  readonly upSince: number | undefined;
}

/** In KiB, as df and /proc/meminfo count. */
export interface Memory {
  readonly total: number;
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

export interface FileSystem {
  readonly mount: string;
  /** In KiB. */
  readonly size: number;
  readonly available: number;
  /** undefined where the file system has no fixed number of them. */
  readonly inodes: number | undefined;
  readonly inodesFree: number | undefined;
}

export interface NginxUpstream {
  /** Where requests are sent: `127.0.0.1:8069`. */
  readonly target: string;
  /** Where that is said. */
  readonly at: FileLine;
  /** The names of the server that sends them there. */
  readonly serverNames: readonly string[];
  /** The location's pattern: `/`, `~ ^/(longpolling|websocket)`. */
  readonly location: string;
}

export interface Nginx {
  readonly valid: boolean;
  /** What `nginx -t` printed. */
  readonly said: string;
  /** From the effective configuration; empty when it is invalid, for then nginx shows none. */
  readonly upstreams: readonly NginxUpstream[];
}

/** One minute of the access log. */
export interface Minute {
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  readonly total: number;
  /** Answers with 5xx. */
  readonly bad: number;
  /** How often a good answer was followed by a bad one. */
  readonly flips: number;
}

export interface AccessLog {
  readonly file: string;
  /** In milliseconds since 1970. The first 5xx after the last good page; undefined when it ends well. */
  readonly badSince: number | undefined;
  readonly lastGood: number | undefined;
  readonly minutes: readonly Minute[];
}

export interface Session {
  readonly pid: number;
  readonly database: string;
  readonly application: string;
  /** The client's address; empty for one on the socket. */
  readonly address: string;
  /** `active`, `idle in transaction`, … */
  readonly state: string;
  /** `Lock`, `Client`, …; empty when it waits for nothing. */
  readonly waits: string;
  /** Since its transaction began. */
  readonly seconds: number;
  readonly blockedBy: readonly number[];
  /** Its last statement without literals, the first 160 characters. */
  readonly statement: string;
}

export interface DatabaseActivity {
  readonly version: string;
  readonly recovering: boolean;
  readonly connections: number;
  readonly mostConnections: number;
  /** Those that are not idle, longest transaction first. */
  readonly sessions: readonly Session[];
  /** The databases that hold an Odoo. */
  readonly odoo: readonly OdooDatabase[];
}

export interface OdooDatabase {
  readonly name: string;
  /** Of its `base`: `14.0`, `17.0`; empty where it does not say. */
  readonly odooVersion: string;
  /** Compiled bundles, newest first, the 60 newest at most (Odoo's own selection; facts of 14 to 19). */
  readonly bundles: Observation<readonly Bundle[]>;
  readonly installed: number;
  /** Modules in a state like `to upgrade`. */
  readonly pending: readonly { readonly name: string; readonly state: string }[];
  /** The module that the user named; undefined where none was, and in it where there is none of that name. */
  readonly named: Observation<NamedModule | undefined> | undefined;
  /** Last installed, updated or uninstalled ones, newest first; `at` in milliseconds since 1970. */
  readonly recent: readonly { readonly name: string; readonly state: string; readonly at: number }[];
}

/** A module that the user named, with what its uninstallation would take along. */
export interface NamedModule {
  readonly name: string;
  /** `installed`, `uninstalled`, `to upgrade`, … */
  readonly state: string;
  /** As last installed or updated: `14.0.1.0`; empty where it never was. */
  readonly version: string;
  /** Whether it is `base` or `web`, or one of those needs it. */
  readonly essential: boolean;
  /** Installed modules that depend on it, directly or not, by name. */
  readonly dependents: readonly string[];
  /** Tables that would be dropped; rows are counted up to 10,000, and estimated beyond. */
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  /** Columns that would be dropped from tables that stay: `res_partner.shop_note`. */
  readonly columns: readonly string[];
}

/** A row of ir_attachment that holds a compiled bundle. */
export interface Bundle {
  readonly id: number;
  /** `web.assets_frontend.css` */
  readonly name: string;
  readonly url: string;
  /** Where its content lies in the filestore: `ab/ab12…`; empty when the row itself holds it. */
  readonly storedAs: string;
  readonly bytes: number;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
}

/** What became of a file that a row names. */
export interface StoredFile {
  /** `ab/ab12…`, as the row says. */
  readonly storedAs: string;
  /** `unreadable`: for the user as whom Odoo runs. `corrupt`: its SHA-1 is not its name. */
  readonly state: "good" | "missing" | "unreadable" | "corrupt";
  /** In bytes; undefined when it is missing or could not be looked at. */
  readonly bytes: number | undefined;
}

/** Odoo's files of one database, as the user as whom Odoo runs can use them. */
export interface Filestore {
  readonly database: string;
  /** In the container: `/var/lib/odoo/filestore/odoo`. */
  readonly path: string;
  readonly exists: boolean;
  /** Whether Odoo may read it, and make files in it. */
  readonly readable: boolean;
  readonly writable: boolean;
  /** Numbers of its owner and group, and its mode: `101:101 755`; empty when it could not be seen. */
  readonly owner: string;
  /** The file system on which it lies, mounted in the container; undefined where that could not be seen. */
  readonly disk: FileSystem | undefined;
  /** Whether it is mounted read-only: then nobody may write to it, whoever owns it. */
  readonly readOnly: boolean;
  /** Those of the compiled bundles. */
  readonly bundles: readonly StoredFile[];
  /** Of all other attachments, a sample of at most 200: how many were looked for, and how many of those fail. */
  readonly others: { readonly looked: number; readonly missing: number; readonly unreadable: number };
}

/** Odoo as it runs in one container. */
export interface RunningOdoo {
  /** Numbers of the user and group as whom it runs: `101:101`; empty when that could not be seen. */
  readonly user: string;
  /** The options of its command line that decide what is looked for, by their name in odoo.conf; no password. */
  readonly options: ReadonlyMap<string, string>;
  /** In the container: `/etc/odoo/odoo.conf`. */
  readonly configFile: string;
  /** Where it keeps its files, whatever said so. */
  readonly dataDirectory: string;
}

/** A setting of odoo.conf, and where it stands in that file. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** What changed lately, beside what containers and database tell. Times in milliseconds since 1970. */
export interface History {
  readonly files: readonly { readonly at: number; readonly file: string }[];
  readonly git: readonly { readonly at: number; readonly directory: string; readonly commit: string }[];
  readonly packages: readonly { readonly at: number; readonly what: string }[];
  /** What the kernel said when it killed for want of memory. */
  readonly kills: readonly { readonly at: number; readonly what: string }[];
  /** What the dead-man of an earlier step could not bring about, and gave up (host/steps/start.sh). */
  readonly gaveUp: readonly GivenUp[];
}

export interface GivenUp {
  readonly at: number;
  /** The step's id. */
  readonly step: string;
  /** What was seen at the last try. */
  readonly why: string;
  /** The project's folder below /var/lib/odoo-recover, where what was saved is kept. */
  readonly key: string;
}

/** A container that Compose did not make. */
export interface OtherContainer {
  readonly name: string;
  readonly image: string;
  readonly status: string;
  readonly ports: string;
}

export interface Others {
  readonly containers: readonly OtherContainer[];
  /** Services of the system that are an Odoo, a PostgreSQL or a reverse proxy: `odoo.service`. */
  readonly services: readonly { readonly unit: string; readonly active: string }[];
}

export interface Survey {
  readonly host: Observation<HostFacts>;
  readonly containers: Observation<readonly Container[]>;
  /** What the containers' image references mean today. */
  readonly images: Observation<ReadonlyMap<string, Image>>;
  readonly compose: Observation<ComposeProgram>;
  readonly projects: Observation<readonly Project[]>;
  readonly direct: Observation<readonly DirectProbe[]>;
  readonly proxy: Observation<ProxyProbe>;
  /** Of the login page that Odoo itself handed out, by container id; none where it handed out no page. */
  readonly directAssets: Observation<ReadonlyMap<string, PageAssets>>;
  /** Of the login page that came through the proxy; undefined where none did. */
  readonly proxyAssets: Observation<PageAssets | undefined>;
  /** By id of Odoo's container. */
  readonly running: Observation<ReadonlyMap<string, RunningOdoo>>;
  /** By id of Odoo's container: of each database that holds an Odoo. */
  readonly filestores: Observation<ReadonlyMap<string, Observation<readonly Filestore[]>>>;
  /** The last lines of each container's log, with timestamps, by container id. */
  readonly logs: Observation<ReadonlyMap<string, string>>;
  readonly processes: Observation<readonly Process[]>;
  readonly listeners: Observation<readonly Listener[]>;
  /** By name: `nginx.service`. */
  readonly units: Observation<ReadonlyMap<string, Unit>>;
  readonly memory: Observation<Memory>;
  readonly disks: Observation<readonly FileSystem[]>;
  readonly nginx: Observation<Nginx>;
  readonly accessLogs: Observation<readonly AccessLog[]>;
  /** The end of nginx's error logs, and of its journal. */
  readonly nginxErrors: Observation<string>;
  /** By container id. */
  readonly databases: Observation<ReadonlyMap<string, Observation<DatabaseActivity>>>;
  /** By container id. */
  readonly settings: Observation<ReadonlyMap<string, readonly Setting[]>>;
  readonly history: Observation<History>;
  readonly others: Observation<Others>;
  /** undefined when no public address is known. */
  readonly public: Observation<PublicProbe> | undefined;
  /** How far the host's clock is ahead of the runner's, in seconds. */
  readonly clockSkew: number | undefined;
}
