/** The machine itself: the kernel, its disks, its memory, and what programs say when one of them gives out. */

import { anyOf, span } from "./pattern.ts";
import { signature } from "./signature.ts";

const FAILING_DISK =
  "the disk fails or refuses to write: what starts on it now may not come up again, or do damage";

export const HOST = [
  signature({
    id: "kernel-out-of-memory",
    where: ["the kernel's log"],
    pattern: /Out of memory: Kill(?:ed)? process \d+ \([^)]{1,40}\)|oom-kill:constraint=CONSTRAINT_NONE\b/,
    kind: "fatal",
    cause: "odoo-out-of-memory",
    means: "the host ran out of memory, and the kernel killed the process that it names",
    advice:
      "Give the host more memory or swap, or let Odoo use less (`workers`, `limit_memory_hard` in odoo.conf). Started again, it is killed again when it needs as much.",
    remedies: ["start-stack"],
    source: "Linux, mm/oom_kill.c",
  }),
  signature({
    id: "container-out-of-memory",
    where: ["the kernel's log"],
    pattern:
      /Memory cgroup out of memory: Kill(?:ed)? process \d+ \([^)]{1,40}\)|oom-kill:constraint=CONSTRAINT_MEMCG\b/,
    kind: "fatal",
    cause: "odoo-out-of-memory",
    means: "a container reached its own memory limit, and the kernel killed the process that it names",
    advice:
      "Raise the service's memory limit in the compose file, or let Odoo use less (`workers`, `limit_memory_hard` in odoo.conf).",
    remedies: ["start-stack"],
    source: "Linux, mm/oom_kill.c",
  }),
  signature({
    id: "no-space-left",
    where: ["Odoo's log", "nginx's error log"],
    pattern:
      /\[Errno (?:28|122)\] (?:No space left on device|Disk quota exceeded)|\(28: No space left on device\)/,
    cause: "disk-full",
    means: "a file could not be written, for the file system has no space or no inodes left",
    advice:
      "Look with `df -h` and `df -i`, and free what is full: old logs, old dumps, unused images (`docker system df`), sessions.",
    source: "Linux, ENOSPC",
  }),
  signature({
    id: "database-no-space-left",
    where: ["PostgreSQL's log"],
    pattern: span(/[cC]ould not (?!resize shared memory)\w/, ": No space left on device"),
    kind: "fatal",
    cause: "disk-full",
    means: "PostgreSQL could not write its files, for the file system has no space or no inodes left",
    advice:
      "Free space on the volume of the database, and touch nothing in its folder: PostgreSQL recovers by itself when it can write again.",
    source: "PostgreSQL, src/backend/access/transam/xlog.c, src/backend/storage/file/fd.c; ENOSPC",
  }),
  signature({
    id: "too-many-open-files",
    where: ["Odoo's log", "PostgreSQL's log"],
    pattern: /\[Errno 24\] Too many open files|out of file descriptors: Too many open files/,
    cause: "odoo-unhealthy",
    means: "the process may not open any more files or connections",
    advice:
      "A restart gives them free. If it comes back, something leaks them: raise the limit (`ulimits: nofile` of the service), and look with `ls /proc/PID/fd` for what is open.",
    remedies: ["restart-odoo"],
    source: "Linux, EMFILE; PostgreSQL, src/backend/storage/file/fd.c",
  }),
  signature({
    id: "read-only-file-system",
    where: ["PostgreSQL's log", "Odoo's log", "nginx's error log"],
    // An addon may be mounted so on purpose; Odoo's own files may not.
    pattern: anyOf(
      /\[Errno 30\] Read-only file system: '[^'\n]*\/(?:sessions|filestore)\b/,
      /\(30: Read-only file system\)/,
      span(/[cC]ould not \w/, ": Read-only file system"),
    ),
    kind: "fatal",
    cause: "database-down",
    means:
      "a file system can only be read: it was mounted so, or the kernel made it so after an error of the disk",
    advice:
      "Look at `dmesg` and `mount`. After an error of the disk: save what can be saved, then check the file system. Otherwise correct the mount, or `read_only` in the compose file.",
    rulesOut: [
      { remedy: "restart-odoo", why: FAILING_DISK },
      { remedy: "boot-check", why: FAILING_DISK },
    ],
    worthKnowing: true,
    source: "Linux, EROFS; ext4's errors=remount-ro",
  }),
  signature({
    id: "input-output-error",
    where: ["PostgreSQL's log", "Odoo's log", "nginx's error log"],
    // Without a path it is a terminal that went away.
    pattern: anyOf(
      /\[Errno 5\] Input\/output error: '|\(5: Input\/output error\)/,
      span(/[cC]ould not \w/, ": Input/output error"),
    ),
    cause: "database-down",
    means: "the disk, or the volume that is mounted over the network, does not give or take its data",
    advice:
      "Look at `dmesg` and at the provider's console. Save the database and the files elsewhere before anything else writes there.",
    rulesOut: [
      { remedy: "restart-odoo", why: FAILING_DISK },
      { remedy: "boot-check", why: FAILING_DISK },
    ],
    worthKnowing: true,
    source: "Linux, EIO",
  }),
  signature({
    id: "database-cannot-fork",
    where: ["PostgreSQL's log"],
    pattern: /could not fork [\w ]{1,60}: (?:Cannot allocate memory|Resource temporarily unavailable)/,
    cause: "database-unreachable",
    means: "PostgreSQL could not make a process for a connection, for memory or processes have run out",
    advice:
      "Look with `free -m` and `ps aux --sort=-rss` at what uses the memory; lower `workers` or `db_maxconn`, or give the host more.",
    worthKnowing: true,
    source: "PostgreSQL, src/backend/postmaster/postmaster.c, BackendStartup",
  }),
  signature({
    id: "odoo-no-memory",
    where: ["Odoo's log"],
    pattern: /RuntimeError: can't start new thread|\[Errno 12\] Cannot allocate memory|^MemoryError\b/,
    cause: "odoo-unhealthy",
    means: "Odoo got no more memory: from the host, or by its own `limit_memory_hard`",
    advice:
      "A restart gives it free. If it comes back, give the host more memory, lower `workers`, or raise `limit_memory_hard` where it is set too low.",
    remedies: ["restart-odoo"],
    source: "CPython, Modules/_threadmodule.c; Linux, ENOMEM; Odoo, odoo/service/server.py (RLIMIT_AS)",
  }),
];
