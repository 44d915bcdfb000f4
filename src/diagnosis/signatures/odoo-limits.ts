/** Odoo's own limits: it ends or recycles what takes too long or too much. */

import { signature } from "./signature.ts";

export const ODOO_LIMITS = [
  signature({
    id: "real-time-limit",
    where: ["Odoo's log"],
    pattern: /virtual real time limit \(\d+\/\d+s\) reached/,
    cause: "intermittent",
    means:
      "a request or a scheduled job took longer than `limit_time_real`, and Odoo reloads: everybody gets a 502 meanwhile",
    advice:
      "The stack that is logged after it tells where the time goes. Mend that, or raise `limit_time_real` (`limit_time_real_cron` for jobs) where the work is meant to last.",
    worthKnowing: true,
    source: "Odoo, odoo/service/server.py, ThreadedServer.process_limit",
  }),
  signature({
    id: "server-memory-limit",
    where: ["Odoo's log"],
    pattern: /Server (?:virtual )?memory limit \(\d+\) reached/,
    cause: "intermittent",
    means: "Odoo reached `limit_memory_soft` and reloads: everybody gets a 502 meanwhile",
    advice:
      "Raise `limit_memory_soft` where the host has the memory, or use workers, which are recycled one by one.",
    worthKnowing: true,
    source: "Odoo, odoo/service/server.py, ThreadedServer.process_limit",
  }),
  signature({
    id: "worker-memory-limit",
    where: ["Odoo's log"],
    pattern:
      /Worker \(\d+\) virtual memory limit \(\d+\) reached|LongPolling virtual memory limit reached: \d+/,
    cause: "intermittent",
    means:
      "a worker reached `limit_memory_soft`, and was replaced after its request; again and again it is a limit that is too low",
    advice: "Raise `limit_memory_soft`, or look for the report or job that needs so much.",
    source: "Odoo, odoo/service/server.py, Worker.check_limits",
  }),
  signature({
    id: "worker-timeout",
    where: ["Odoo's log"],
    pattern: /Worker\w{0,20} \(\d+\) timeout after \d+s/,
    cause: "intermittent",
    means:
      "a worker worked on one request for longer than `limit_time_real` and was killed: who waited for it got a 502",
    advice:
      "Look at `pg_stat_activity` for what it waits for, and at the stack in the log. Raise `limit_time_real` only where the work is meant to last.",
    worthKnowing: true,
    source: "Odoo, odoo/service/server.py, PreforkServer.process_timeout",
  }),
  signature({
    id: "cpu-time-limit",
    where: ["Odoo's log"],
    pattern: /CPU time limit exceeded/,
    cause: "intermittent",
    means: "a worker computed for longer than `limit_time_cpu` and ended itself: who waited for it got a 502",
    advice:
      "Find the request or job in the traceback; raise `limit_time_cpu` only where the work is meant to last.",
    worthKnowing: true,
    source: "Odoo, odoo/service/server.py, Worker.signal_time_expired_handler",
  }),
];
