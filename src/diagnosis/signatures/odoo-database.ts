/** What Odoo says of its database. */

import { signature } from "./signature.ts";

const NEW_CODE =
  "the code that runs is newer than its tables (an image or a module was changed and not updated), or another database than expected is used";
const UPDATE_IT =
  "Update the module that owns it (`-u MODULE`) after a backup, or go back to the code that fits the database.";

export const ODOO_DATABASE = [
  signature({
    id: "odoo-database-host-unknown",
    where: ["Odoo's log"],
    pattern: /could not translate host name "[^"\n]{1,120}" to address/,
    cause: "database-unreachable",
    means: "the name of the database's host is not known: its container is down, or is in another network",
    advice:
      "Look whether the database's container runs, and whether `db_host` (or `HOST`) is the name of its service.",
    source: "PostgreSQL, src/interfaces/libpq/fe-connect.c",
  }),
  signature({
    id: "odoo-database-refused",
    where: ["Odoo's log"],
    pattern:
      /could not connect to server: (?:Connection refused|Connection timed out)|connection to server at "[^"\n]{1,120}"[^\n]{0,80} failed: (?:Connection refused|timeout expired|Connection timed out)/,
    cause: "database-unreachable",
    means: "nothing accepts connections where Odoo looks for its database",
    advice: "Look whether PostgreSQL runs and listens there, and at `db_host` and `db_port`.",
    source: "PostgreSQL, src/interfaces/libpq/fe-connect.c",
  }),
  signature({
    id: "odoo-password-rejected",
    where: ["Odoo's log"],
    pattern: /password authentication failed for user "[^"\n]{1,64}"/,
    cause: "database-unreachable",
    means: "PostgreSQL does not accept Odoo's password",
    advice:
      "Compare the password in the compose file, .env and odoo.conf with the one that the database was made with: `POSTGRES_PASSWORD` counts only the first time.",
    source: "PostgreSQL, src/backend/libpq/auth.c",
  }),
  signature({
    id: "odoo-database-missing",
    where: ["Odoo's log"],
    pattern: /FATAL: {1,4}(?:database|role) "[^"\n]{1,64}" does not exist/,
    cause: "database-unreachable",
    means: "Odoo asks for a database, or comes as a user, that PostgreSQL does not have",
    advice:
      "Look with `psql -l` for what there is, and correct `db_name` or `db_user`. Make no new database before you know where the old one is.",
    source: "PostgreSQL, src/backend/utils/init/postinit.c",
  }),
  signature({
    id: "odoo-database-starting",
    where: ["Odoo's log"],
    pattern:
      /FATAL: {1,4}the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections|not accepting connections)/,
    cause: "database-starting",
    means: "PostgreSQL starts, stops or recovers, and lets Odoo not in meanwhile",
    advice: "Give it time: recovery after a crash may take minutes. Odoo finds back to it by itself.",
    source: "PostgreSQL, src/backend/postmaster/postmaster.c, ProcessStartupPacket",
  }),
  signature({
    id: "odoo-too-many-clients",
    where: ["Odoo's log"],
    pattern: /FATAL: {1,4}sorry, too many clients already/,
    cause: "database-unreachable",
    means: "all of PostgreSQL's connections are taken, and Odoo gets none",
    advice:
      "Look at `pg_stat_activity` for who holds them. Then lower `db_maxconn` or `workers`, or raise `max_connections`.",
    source: "PostgreSQL, src/backend/storage/lmgr/proc.c",
  }),
  signature({
    id: "odoo-slots-reserved",
    where: ["Odoo's log"],
    pattern: /FATAL: {1,4}remaining connection slots are reserved/,
    cause: "database-unreachable",
    means: "all of PostgreSQL's connections are taken, but for those that it keeps for its administrator",
    advice:
      "Look as PostgreSQL's superuser at `pg_stat_activity` for who holds them. Then lower `db_maxconn` or `workers`, or raise `max_connections`.",
    source: "PostgreSQL, src/backend/utils/init/postinit.c",
  }),
  signature({
    id: "odoo-connection-pool-full",
    where: ["Odoo's log"],
    pattern: /PoolError: The Connection Pool Is Full|The Connection Pool Is Full/,
    cause: "odoo-unhealthy",
    means: "all of the connections that Odoo allows itself (`db_maxconn`) are in use",
    advice:
      "A restart gives them free. If it comes back: raise `db_maxconn` (times the number of workers, it must stay below PostgreSQL's `max_connections`), or find the module that keeps cursors open.",
    remedies: ["restart-odoo"],
    source: "Odoo, odoo/sql_db.py, ConnectionPool.borrow",
  }),
  signature({
    id: "odoo-may-not-use-tables",
    where: ["Odoo's log"],
    pattern: /permission denied for (?:schema|table|relation|sequence|database) "?\w{1,64}/,
    cause: "database-unreachable",
    means:
      "Odoo's user may not use the tables of its database: they belong to another one, as after a restore by somebody else",
    advice:
      "Give them to Odoo's user: `REASSIGN OWNED BY … TO …` in that database, or restore with `--no-owner --role`.",
    source: "PostgreSQL, src/backend/catalog/aclchk.c",
  }),
  signature({
    id: "odoo-connection-lost",
    where: ["Odoo's log"],
    pattern: /server closed the connection unexpectedly|InterfaceError: connection already closed/,
    cause: "database-unreachable",
    means:
      "PostgreSQL went away in the middle of a question: it was restarted, or one of its processes was killed",
    advice: "Look at the database's log of that minute. Odoo opens new connections by itself.",
    source: "PostgreSQL, src/interfaces/libpq/fe-misc.c; psycopg2",
  }),
  signature({
    id: "odoo-database-not-initialised",
    where: ["Odoo's log"],
    pattern: /Database [\w.-]{1,64} not initialized, you can force it with/,
    cause: "odoo-unhealthy",
    means: "the database that Odoo is told to use is there, and holds no Odoo",
    advice:
      "Look with `psql -l` for the one that does, and whether the right volume is mounted. Do not initialise this one before you know.",
    rulesOut: [
      { remedy: "restart-odoo", why: "the database holds no Odoo, and would not after a restart" },
      { remedy: "boot-check", why: "the database holds no Odoo, which is why it does not come up" },
    ],
    source: "Odoo, odoo/modules/loading.py, load_modules",
  }),
  signature({
    id: "odoo-column-missing",
    where: ["Odoo's log"],
    pattern:
      /ERROR: {1,4}column [\w."]{1,130} does not exist|UndefinedColumn: column [\w."]{1,130} does not exist/,
    cause: "odoo-unhealthy",
    means: `Odoo asks for a column that the database does not have: ${NEW_CODE}`,
    advice: UPDATE_IT,
    source: "PostgreSQL, src/backend/parser/parse_relation.c, errorMissingColumn",
  }),
  signature({
    id: "odoo-table-missing",
    where: ["Odoo's log"],
    pattern:
      /ERROR: {1,4}relation "\w{1,64}" does not exist|UndefinedTable: relation "\w{1,64}" does not exist/,
    cause: "odoo-unhealthy",
    means: `Odoo asks for a table that the database does not have: ${NEW_CODE}`,
    advice: UPDATE_IT,
    source: "PostgreSQL, src/backend/parser/parse_relation.c, parserOpenTable",
  }),
  signature({
    id: "odoo-no-ir-http",
    where: ["Odoo's log"],
    pattern: /KeyError: 'ir\.http'/,
    kind: "symptom",
    cause: "odoo-unhealthy",
    means: "the database that Odoo serves is missing, holds no Odoo, or its modules could not be loaded",
    advice: "Look further up in the log for why, and at `db_name` and `dbfilter`.",
    source: "Odoo, odoo/http.py",
  }),
  signature({
    id: "odoo-query-failed",
    where: ["Odoo's log"],
    // What writes is refused in the best of sites: a user left a field empty, two users met in one row.
    pattern: /odoo\.sql_db: bad query:(?! ?b?['"]?(?:INSERT|UPDATE|DELETE)\b)/,
    kind: "symptom",
    cause: "odoo-unhealthy",
    means: "PostgreSQL refused a statement of Odoo's",
    advice: "The line after it in the evidence says why.",
    source: "Odoo, odoo/sql_db.py, Cursor.execute",
  }),
  signature({
    id: "odoo-connection-failed",
    where: ["Odoo's log"],
    pattern: /Connection to the database failed/,
    kind: "symptom",
    cause: "database-unreachable",
    means: "Odoo got no connection to its database",
    advice: "The lines after it in the evidence say why.",
    source: "Odoo, odoo/sql_db.py, ConnectionPool.borrow",
  }),
  signature({
    id: "odoo-waited-for-database",
    where: ["Odoo's log"],
    pattern: /Database connection failure:/,
    kind: "symptom",
    cause: "database-unreachable",
    means: "before its start Odoo waited for its database, half a minute long, and gave up",
    advice:
      "The same line in the evidence says why. Docker starts it again, so this looks like a crash loop and is none.",
    source: "odoo/docker, wait-for-psql.py",
  }),
];
