/**
 * Which commands a run asks a person to type. Two kinds, and a host chooses neither: those of our own texts, to the letter,
 * and those that a diagnosis made out of names from the host, each of which was quoted (`host/typed.ts`).
 */

import type { Entry, EventOf } from "../journal.ts";

/** Commands that stand between backticks in our texts, and are typed as they stand: as root, on the droplet. */
export const FIXED_COMMANDS: ReadonlySet<string> = new Set([
  "certbot certificates",
  "certbot renew",
  "curl -I https://registry-1.docker.io/v2/",
  "df -h",
  "df -i",
  "dmesg",
  "docker compose config -q",
  "docker compose pull",
  "docker image prune",
  "docker ps",
  "docker ps -a",
  "docker system df",
  "docker volume ls",
  "du -xh /var | sort -h | tail -n 30",
  "free -m",
  "journalctl --vacuum-size=200M",
  "journalctl -u docker",
  "mount",
  "nginx -t",
  "ps aux --sort=-rss",
  "psql -l",
  "resolvectl status",
  "setsebool -P httpd_can_network_connect 1",
  "ss -lntp",
  "ss -tn state established",
  "ss -tnp",
  "ssh-keygen -A",
  "ssh-keygen -lf /etc/ssh/ssh_host_dsa_key.pub",
  "ssh-keygen -lf /etc/ssh/ssh_host_ecdsa_key.pub",
  "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
  "ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub",
  "systemctl reload nginx",
  "systemctl restart docker",
  "systemctl start docker",
  "systemctl start nginx",
  "ufw status",
  "uname -m",
]);

/** What stands between backticks in one of our texts, in order. */
export function spansOf(text: string): string[] {
  return text.split("`").filter((_, index) => index % 2 === 1);
}

/**
 * @param text what a person is to do next: may hold words of a host, which are no commands whatever they say
 * @param made commands that go with it
 * @returns each once, in the order in which the text speaks of them
 */
export function commandsIn(text: string, made: readonly string[] = []): string[] {
  const spoken = spansOf(text).filter((span) => FIXED_COMMANDS.has(span) || made.includes(span));
  return [...new Set([...spoken, ...made])];
}

/** The commands of a run's last word on what to do next. */
export function commandsToType(entries: readonly Entry[]): string[] {
  const next = entries.findLast((entry) => entry.kind === "concluded")?.next ?? "";
  const advised = entries.findLast(
    (entry): entry is EventOf<"diagnosed"> =>
      entry.kind === "diagnosed" && entry.diagnosis.advice !== "" && next.includes(entry.diagnosis.advice),
  );
  return commandsIn(next, advised?.diagnosis.commands);
}

/**
 * The line for the workflow that pins the host key which the server offered: a person compares it, and copies it. Only of a
 * run that saw nothing else of the host.
 */
export function pinToCopy(entries: readonly Entry[]): string | undefined {
  if (entries.some(({ kind }) => kind === "connected" || kind === "diagnosed")) return undefined;
  const next = entries.findLast((entry) => entry.kind === "concluded")?.next ?? "";
  return spansOf(next).find((span) => /^(?:proxy_)?fingerprint: SHA256:[A-Za-z0-9+/]{43}$/.test(span));
}
