/** What PostgreSQL's own log says. */

import { anyOf, span } from "./pattern.ts";
import { signature } from "./signature.ts";

const LEAVE_IT =
  "Nothing of ours touches it, and nothing else should before a copy of the whole volume is made: a wrong repair loses more.";

export const POSTGRES = [
  signature({
    id: "postgres-no-checkpoint",
    where: ["PostgreSQL's log"],
    pattern: /PANIC: {1,4}could not locate (?:a valid|required) checkpoint record/,
    kind: "fatal",
    cause: "database-down",
    means: "PostgreSQL does not find the point from which to recover: its write-ahead log is damaged or gone",
    advice: `${LEAVE_IT} Restore the last backup beside it. \`pg_resetwal\` is the very last resort.`,
    source: "PostgreSQL, src/backend/access/transam/xlogrecovery.c",
  }),
  signature({
    id: "postgres-other-version",
    where: ["PostgreSQL's log"],
    pattern: /FATAL: {1,4}database files are incompatible with server/,
    kind: "fatal",
    cause: "database-down",
    means: "the image has another major version of PostgreSQL than the one that wrote the data",
    advice:
      "Put the old tag (`postgres:NN`) back into the compose file; its DETAIL line names the version of the data. To move on, dump with the old version and restore with the new one.",
    source: "PostgreSQL, src/backend/utils/init/miscinit.c, ValidatePgVersion",
  }),
  signature({
    id: "postgres-lock-file",
    where: ["PostgreSQL's log"],
    pattern: /FATAL: {1,4}lock file "postmaster\.pid" already exists/,
    kind: "fatal",
    cause: "database-down",
    means: "another PostgreSQL works on the same data, or one that was killed left its lock file",
    advice:
      "Look with `docker ps -a` whether a second container uses the same volume: two of them at once destroy it. Only when there is none, start it again.",
    remedies: ["start-db"],
    source: "PostgreSQL, src/backend/utils/init/miscinit.c, CreateLockFile",
  }),
  signature({
    id: "postgres-cannot-listen",
    where: ["PostgreSQL's log"],
    pattern: /could not (?:bind IPv[46] address|create any TCP\/IP sockets|create listen socket)/,
    kind: "fatal",
    cause: "database-down",
    means: "another program holds PostgreSQL's port in the same network",
    advice: "Find it with `ss -lntp`, and stop it or give one of both another port.",
    remedies: ["start-db"],
    source: "PostgreSQL, src/backend/libpq/pqcomm.c; src/backend/postmaster/postmaster.c",
  }),
  signature({
    id: "postgres-files-not-its-own",
    where: ["PostgreSQL's log"],
    pattern: anyOf(
      /data directory "[^"\n]+" has (?:invalid permissions|wrong ownership)/,
      span(/[cC]ould not (?:open|access|read|write)/, ": Permission denied"),
    ),
    kind: "fatal",
    cause: "database-down",
    means: "PostgreSQL may not use its own files: they belong to another user, or their modes are wrong",
    advice:
      "Set the owner of the volume's folder to the user as whom the container runs (`docker exec … id`), and the folder's mode to 700.",
    source: "PostgreSQL, src/backend/utils/init/miscinit.c, checkDataDir",
  }),
  signature({
    id: "postgres-settings-invalid",
    where: ["PostgreSQL's log"],
    pattern:
      /configuration file "[^"\n]{1,200}" contains errors|unrecognized configuration parameter "\w{1,80}"/,
    kind: "fatal",
    cause: "database-down",
    means: "PostgreSQL does not accept its configuration, or an option of its command line",
    advice: "Correct what the lines before it name: postgresql.conf, or `command:` in the compose file.",
    source: "PostgreSQL, src/backend/utils/misc/guc.c",
  }),
  signature({
    id: "postgres-not-initialised",
    where: ["PostgreSQL's log"],
    pattern: /Database is uninitialized and superuser password is not specified/,
    kind: "fatal",
    cause: "database-down",
    means: "the volume of the database is empty, and no password was given to make a new one",
    advice:
      "Do not give it one yet: an empty volume most often means that the wrong one is mounted. Look with `docker volume ls` for the right one, and at the project's name.",
    source: "docker-library/postgres, docker-entrypoint.sh",
  }),
  signature({
    id: "postgres-page-damaged",
    where: ["PostgreSQL's log"],
    pattern:
      /invalid page in block \d{1,12} of relation [\w/]{1,80}|missing chunk number \d+ for toast value/,
    cause: "odoo-unhealthy",
    means: "a part of the database is damaged on the disk",
    advice: `${LEAVE_IT} Then look at the disk (\`dmesg\`, \`smartctl\`) and restore from the last backup; a damaged index can be rebuilt with \`REINDEX\`.`,
    worthKnowing: true,
    source: "PostgreSQL, src/backend/storage/buffer/bufmgr.c",
  }),
  signature({
    id: "postgres-killed",
    where: ["PostgreSQL's log"],
    pattern: /server process \(PID \d+\) was terminated by signal \d+(?:: [\w ]{1,40})?/,
    cause: "database-starting",
    means:
      "a process of PostgreSQL was killed, and all of its connections were cut; it recovers by itself (signal 9 is most often the kernel, for want of memory)",
    advice: "Look at `dmesg` for the out-of-memory killer, and give the host or the container more memory.",
    worthKnowing: true,
    source: "PostgreSQL, src/backend/postmaster/postmaster.c, LogChildExit",
  }),
  signature({
    id: "postgres-starting",
    where: ["PostgreSQL's log"],
    pattern:
      /FATAL: {1,4}the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections|not accepting connections)/,
    cause: "database-starting",
    means: "PostgreSQL starts, stops or recovers, and lets nobody in meanwhile",
    advice: "Give it time: recovery after a crash may take minutes. Its log tells how far it is.",
    source: "PostgreSQL, src/backend/postmaster/postmaster.c, ProcessStartupPacket",
  }),
  signature({
    id: "postgres-password-rejected",
    where: ["PostgreSQL's log"],
    pattern: /FATAL: {1,4}password authentication failed for user "[^"\n]{1,64}"/,
    cause: "database-unreachable",
    means: "somebody comes with a password that PostgreSQL does not accept for that user",
    advice:
      "Compare the password in the compose file, .env and odoo.conf with the one that the volume was made with: `POSTGRES_PASSWORD` counts only the first time. Change it with `ALTER ROLE … PASSWORD`.",
    source: "PostgreSQL, src/backend/libpq/auth.c, auth_failed",
  }),
  signature({
    id: "postgres-role-missing",
    where: ["PostgreSQL's log"],
    pattern: /FATAL: {1,4}role "[^"\n]{1,64}" does not exist/,
    cause: "database-unreachable",
    means: "somebody comes as a user whom PostgreSQL does not know",
    advice:
      "Correct `db_user` (or `USER`), or look whether this is the right volume: `POSTGRES_USER` counts only when a volume is made.",
    source: "PostgreSQL, src/backend/utils/init/miscinit.c, InitializeSessionUserId",
  }),
  signature({
    id: "postgres-database-missing",
    where: ["PostgreSQL's log"],
    pattern: /FATAL: {1,4}database "[^"\n]{1,64}" does not exist/,
    cause: "database-unreachable",
    means: "somebody asks for a database that PostgreSQL does not have",
    advice:
      "Look with `psql -l` for what there is, and correct the name in odoo.conf. Where Odoo's own database is gone, look for the right volume and the last backup before anything makes a new one.",
    source: "PostgreSQL, src/backend/utils/init/postinit.c, InitPostgres",
  }),
  signature({
    id: "postgres-no-entry-in-hba",
    where: ["PostgreSQL's log"],
    pattern: /FATAL: {1,4}no pg_hba\.conf entry for host/,
    cause: "database-unreachable",
    means: "PostgreSQL's pg_hba.conf lets nobody in from that address, as that user, to that database",
    advice: "Add the line that is missing (the network of the containers), then `SELECT pg_reload_conf()`.",
    source: "PostgreSQL, src/backend/libpq/auth.c, ClientAuthentication",
  }),
  signature({
    id: "postgres-too-many-clients",
    where: ["PostgreSQL's log"],
    pattern: /FATAL: {1,4}sorry, too many clients already/,
    cause: "database-unreachable",
    means: "all of PostgreSQL's connections are taken",
    advice:
      "Look at `pg_stat_activity` for who holds them. Then lower `db_maxconn` or `workers`, or raise `max_connections`.",
    source: "PostgreSQL, src/backend/storage/lmgr/proc.c, InitProcess",
  }),
  signature({
    id: "postgres-slots-reserved",
    where: ["PostgreSQL's log"],
    pattern: /FATAL: {1,4}remaining connection slots are reserved/,
    cause: "database-unreachable",
    means: "all of PostgreSQL's connections are taken, but for those that it keeps for its administrator",
    advice:
      "Log in as its superuser and look at `pg_stat_activity` for who holds them. Then lower `db_maxconn` or `workers`, or raise `max_connections`.",
    source: "PostgreSQL, src/backend/utils/init/postinit.c, InitPostgres",
  }),
  signature({
    id: "postgres-lock-table-full",
    where: ["PostgreSQL's log"],
    pattern: /ERROR: {1,4}out of shared memory/,
    cause: "odoo-unhealthy",
    means: "PostgreSQL's table of locks is full: a transaction touches very many tables",
    advice:
      "Raise `max_locks_per_transaction` (a restart of PostgreSQL), and run the update or the dump again.",
    worthKnowing: true,
    source: "PostgreSQL, src/backend/storage/lmgr/lock.c",
  }),
  signature({
    id: "postgres-shared-memory-small",
    where: ["PostgreSQL's log"],
    pattern: /could not resize shared memory segment "[^"\n]{1,80}" to \d+ bytes: No space left on device/,
    cause: "odoo-unhealthy",
    means: "the container's /dev/shm is too small for PostgreSQL's parallel queries (Docker gives 64 MB)",
    advice: "Set `shm_size: 256mb` for the database's service, or `max_parallel_workers_per_gather = 0`.",
    worthKnowing: true,
    source: "PostgreSQL, src/backend/storage/ipc/dsm_impl.c",
  }),
  signature({
    id: "postgres-deadlock",
    where: ["PostgreSQL's log"],
    pattern: /ERROR: {1,4}deadlock detected/,
    kind: "symptom",
    cause: "odoo-unhealthy",
    means: "two transactions waited for each other, and PostgreSQL ended one of them",
    advice:
      "Once is normal. Often: look in the DETAIL line for which jobs or users meet, and run them one after the other.",
    source: "PostgreSQL, src/backend/storage/lmgr/deadlock.c",
  }),
  signature({
    id: "postgres-statement-cancelled",
    where: ["PostgreSQL's log"],
    pattern: /canceling statement due to (?:statement|lock) timeout/,
    kind: "symptom",
    cause: "odoo-unhealthy",
    means: "a statement took longer than `statement_timeout` or `lock_timeout` allows",
    advice:
      "Look at `pg_stat_activity` for what is slow or holds the lock; raise the limit only where the work is meant to last.",
    source: "PostgreSQL, src/backend/tcop/postgres.c, ProcessInterrupts",
  }),
  signature({
    id: "postgres-idle-transaction-ended",
    where: ["PostgreSQL's log"],
    pattern: /terminating connection due to idle-in-transaction timeout/,
    kind: "symptom",
    cause: "odoo-unhealthy",
    means:
      "a connection did nothing for longer than `idle_in_transaction_session_timeout` allows, in the middle of its work",
    advice:
      "Odoo does that while it waits for another service (mail, payment). Raise the limit, or mend what waits.",
    source: "PostgreSQL, src/backend/tcop/postgres.c, ProcessInterrupts",
  }),
];
