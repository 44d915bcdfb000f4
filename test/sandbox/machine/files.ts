/** The files of the host beside the project's own, as Debian 12 has them on the test droplet. */

import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const FILES: Readonly<Record<string, string>> = {
  "etc/docker/daemon.json": `{
  "storage-driver": "overlay2",
  "log-driver": "json-file",
  "log-opts": { "max-size": "10m", "max-file": "3" }
}
`,
  "etc/nginx/mime.types": `
types {
    text/html                             html htm shtml;
    text/css                              css;
    application/javascript                js;
}
`,
  "etc/nginx/nginx.conf": `user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;

events {
	worker_connections 768;
	# multi_accept on;
}

http {

	##
	# Basic Settings
	##

	sendfile on;
	tcp_nopush on;
	types_hash_max_size 2048;
	# server_tokens off;

	include /etc/nginx/mime.types;
	default_type application/octet-stream;

	##
	# SSL Settings
	##

	ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; # Dropping SSLv3, ref: POODLE
	ssl_prefer_server_ciphers on;

	##
	# Logging Settings
	##

	access_log /var/log/nginx/access.log;

	##
	# Gzip Settings
	##

	gzip on;

	##
	# Virtual Host Configs
	##

	include /etc/nginx/conf.d/*.conf;
	include /etc/nginx/sites-enabled/*;
}
`,
  "proc/loadavg": "0.08 0.03 0.01 1/210 4242\n",
  "proc/meminfo": `MemTotal:        4010388 kB
MemFree:          912344 kB
MemAvailable:    2804112 kB
SwapTotal:       1048572 kB
SwapFree:        1048572 kB
`,
};

const FOLDERS = [
  "dev/shm",
  "etc/nginx/conf.d",
  "etc/systemd/system",
  "run/systemd/system",
  "var/lib/droplet",
  "var/log/nginx",
];

export function writeHostFiles(root: string): void {
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  const files = { ...FILES, "proc/sys/kernel/random/boot_id": `${randomUUID()}\n` };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  mkdirSync(join(root, "etc/nginx/sites-enabled"));
  symlinkSync("../sites-available/odoo", join(root, "etc/nginx/sites-enabled/odoo"));
}

/** How long ago the host was booted: the machine may have been so just now. Put in place whole, for it is read all the time. */
export function writeUptime(root: string, ms: number): void {
  const file = join(root, "proc/uptime");
  writeFileSync(`${file}.new`, `${(ms / 1000).toFixed(2)} 0.00\n`);
  renameSync(`${file}.new`, file);
}

/** Makes everything under a folder so many milliseconds old. */
export function ageFiles(folder: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  for (const name of readdirSync(folder, { recursive: true }))
    utimesSync(join(folder, String(name)), then, then);
}
