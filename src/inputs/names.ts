/** The inputs as a workflow names them. */

/** Every input, with its default as action.yml states it. */
export const INPUT_DEFAULTS = {
  host: "",
  port: "22",
  username: "root",
  key: "",
  key_path: "",
  passphrase: "",
  password: "",
  fingerprint: "",
  known_hosts: "",
  timeout: "30s",
  command_timeout: "10m",
  proxy_host: "",
  proxy_port: "22",
  proxy_username: "root",
  proxy_key: "",
  proxy_key_path: "",
  proxy_passphrase: "",
  proxy_password: "",
  proxy_fingerprint: "",
  mode: "check",
  scenario: "auto",
  ceiling: "restart",
  approve: "",
  reviewed: "false",
  environment: "",
  github_token: "",
  override_budget: "false",
  backup: "auto",
  backup_to: "droplet",
  backup_timeout: "1h",
  backup_recipients: "",
  backup_upload_limit: "400MB",
  module: "",
  module_action: "",
  url: "",
  directory: "",
  compose_file: "",
  odoo_service: "",
  db_service: "",
  database: "",
  db_user: "",
  grace: "3m",
  confirm: "0s",
  soak: "30s",
  boot_wait: "10m",
  fail_on: "unhealthy",
} as const satisfies Record<string, string>;

export type InputName = keyof typeof INPUT_DEFAULTS;

/** Inputs whose values must never appear anywhere. */
export const SECRET_INPUTS: readonly InputName[] = [
  "key",
  "passphrase",
  "password",
  "proxy_key",
  "proxy_passphrase",
  "proxy_password",
  "github_token",
];

/** Inputs that name something, and stay readable where a password is the same word. */
export const NAME_INPUTS: readonly InputName[] = [
  "username",
  "proxy_username",
  "odoo_service",
  "db_service",
  "database",
  "db_user",
];

/** The inputs as the workflow gave them: absent and empty are the same. */
export type RawInputs = Readonly<Record<string, string | undefined>>;
