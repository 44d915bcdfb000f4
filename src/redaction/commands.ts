/**
 * Secrets among the arguments of programs, where no name tells them: `sshpass -p …`, `odoo -w…`, `curl -u user:…`. Options with a
 * name of their own (`--password …`) are found by it.
 */

import { matchAt, type Span } from "./span.ts";

/** Programs, and their options of one letter whose value is a secret; `attached` where that follows without a space only. */
const PROGRAMS: readonly { names: string; options: string; attached?: true }[] = [
  { names: "odoo odoo-bin odoo.py odoo-server openerp-server", options: "w" },
  {
    names:
      "sshpass mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh twine psexec vncviewer winexe ncftpput ncftpget ncftpls ncftp smbmap",
    options: "p",
  },
  { names: "redis-cli valkey-cli keydb-cli redis-benchmark", options: "a" },
  {
    names:
      "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mariadb mariadb-dump mariadb-admin mariadb-check 7z 7za 7zr 7zz rar unrar",
    options: "p",
    attached: true,
  },
  { names: "ldapsearch ldapmodify ldapadd ldapdelete ldapwhoami ldapcompare", options: "w" },
  { names: "ldappasswd", options: "wsa" },
  {
    names: "mosquitto_pub mosquitto_sub mosquitto_rr ipmitool sqlcmd bcp isql osql tsql zip unzip nbtscan",
    options: "P",
  },
  { names: "ssh-keygen", options: "NP" },
  { names: "snmpwalk snmpget snmpset snmpbulkwalk", options: "cAX" },
  { names: "useradd usermod", options: "p" },
  { names: "htdigest openssl", options: "k" },
  { names: "doctl", options: "t" },
];
/** These take a secret after `login` only: `docker run -p` is a port. */
const LOGINS =
  /(?<![\w.-])(?:docker|podman|nerdctl|buildah|skopeo|oc|az|helm registry|crane auth|regctl registry|argocd|vault)[ \t]{1,8}login\b/g;

/** Between an option and its value: in a shell, in a list of JSON, Python or YAML, and with a line for each. */
const BETWEEN = String.raw`(?:[ \t]{1,40}|=|\\{0,16}["'][ \t]{0,8},?\s{0,80}\\{0,16}["']|["']?[ \t]{0,8}\n[ \t]{0,80}-[ \t]{1,8}["']?|\n(?=[^\s-]))`;
const VALUE = String.raw`(?:"(?:[^"\\\n]|\\.){0,2000}|'[^'\n]{0,2000}|[^\s"'\\|;]{1,2000})`;
/** The same without anything between: not the quote that ends an option in a list. */
const ATTACHED = String.raw`(?:"(?![\s,\])])(?:[^"\\\n]|\\.){1,2000}|'(?![\s,\])])[^'\n]{1,2000}|[^\s"'\\|;,=\])-][^\s"'\\|;]{0,2000})`;
/** In front of an option. */
const BEFORE = String.raw`(?<=[\s"',\[(])`;

const optionsOf = (letters: string, attached = false): RegExp =>
  attached
    ? new RegExp(`${BEFORE}-[${letters}](${ATTACHED})`, "g")
    : new RegExp(`${BEFORE}-[${letters}](?:${BETWEEN}(?!-)(${VALUE})|(${ATTACHED}))`, "g");

const OPTIONS = new Map<string, RegExp>(
  PROGRAMS.flatMap(({ names, options, attached }) =>
    names.split(" ").map((name) => [name, optionsOf(options, attached)] as const),
  ),
);
/** Of {@link LOGINS}. */
const LOGIN_OPTION = optionsOf("p");
const PROGRAM = new RegExp(
  `(?<![\\w.-])(?:${[...OPTIONS.keys()]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(".", "\\."))
    .join("|")})(?=["'\\s\\\\])`,
  "g",
);

/** The arguments of a program: up to the end of its line, or of a list that goes over several. */
const ARGUMENTS = /(?:[^\n|]|\n(?=[ \t]{0,80}["'-])){0,4000}/y;

/** `-w` is Odoo's, also where its program is not in sight, unless another one's is. */
const ODOO_PASSWORD = new RegExp(`(?<![\\w.-])-w${BETWEEN}(?![-/%])(${VALUE})`, "g");
const OTHERS_W =
  /(?:^|[\s/"'(])(?:[efz]?grep|rg|wc|curl|ping6?|ip6?tables|sysctl|fold|column|lsof|nc|ncat|watch|ps|pr|docker|pm2|tshark|tcpdump|date|shellcheck)[\s"',]/;

/** `curl -u user:…`, also in a list; the ids of `docker exec -u 101:101` are numbers. */
const USER =
  /(?<![\w-])(?:-u|--user|--proxy-user|-U|--basic-auth|-a)(?:[ \t]{1,40}|=|\\{0,16}["'][ \t]{0,8},\s{0,80}\\{0,16}["']|["']?[ \t]{0,8}\n[ \t]{0,80}-[ \t]{1,8})["']?[\w.@+\\-]{1,64}[:%](?!\d{1,10}\b)([^\s"'\\,]{1,1000})/g;

/** Where only the place of an argument tells it. */
const POSITIONAL = [
  /(?<![\w-])htpasswd[ \t]{1,8}-[a-zA-Z0-9]{0,8}b[a-zA-Z0-9]{0,8}[ \t]{1,8}(?:-[a-zA-Z]{1,3}(?:[ \t]\d{1,3})?[ \t]{1,8}){0,3}\S{1,200}[ \t]{1,8}\S{1,100}[ \t]{1,8}(\S{1,300})/g,
  /(?<![\w-])htpasswd[ \t]{1,8}-[a-zA-Z0-9]{0,8}nb[a-zA-Z0-9]{0,8}[ \t]{1,8}\S{1,100}[ \t]{1,8}(\S{1,300})/g,
  /(?<![\w-])rabbitmqctl[ \t][^\n|]{0,100}?(?:add_user|change_password|authenticate_user)[ \t]{1,8}\S{1,100}[ \t]{1,8}(\S{1,300})/g,
  /(?<![\w-])wpa_passphrase[ \t]{1,8}\S{1,64}[ \t]{1,8}(\S{1,64})/g,
  /(?<![\w-])vault[ \t]{1,8}login[ \t]{1,8}(?:-[\w=-]{1,40}[ \t]{1,8}){0,5}([^\s=-]\S{0,300})/g,
  /(?<![\w-])(?:sqlplus|expdp|impdp|rman)[ \t][^\n|/]{0,60}\/([^\s@/"']{1,200})@/g,
  /(?<![\w/])\/p:([^\s"']{1,200})/g,
  /(?<![\w-])lftp[ \t][^\n|]{0,60}?(?:-u|--user)[ \t]{1,8}["']?[\w.@+-]{1,64},([^\s"']{1,200})/g,
];

/** `echo … | sudo -S`: what is piped into a program that reads a secret. */
const PIPED =
  /(?<![\w-])(?:echo|printf)[ \t]{1,8}(?:-n[ \t]{1,8})?["']?([^\s"'|]{1,300})["']?[ \t]{0,8}\|([^\n|]{1,200})/g;
const READS_SECRET = /--password-stdin|--stdin|[ \t]-S\b|\b(?:chpasswd|passwd|su|kinit|gpg|cryptsetup)\b/;

/** Secrets among the arguments of programs. */
export function secretArguments(text: string): Span[] {
  const spans: Span[] = [];
  const programs = [...text.matchAll(PROGRAM)];
  for (const [place, { 0: program, index }] of programs.entries()) {
    const from = index + program.length;
    // One that is named in between has arguments of its own.
    const next = Math.min(programs[place + 1]?.index ?? text.length, from + 4_000);
    const args = matchAt(ARGUMENTS, text.slice(from, Math.max(from, next)), 0)?.[0] ?? "";
    const options = OPTIONS.get(program);
    if (options !== undefined) spans.push(...valuesOf(options, args, from));
  }
  for (const { 0: login, index } of text.matchAll(LOGINS)) {
    const from = index + login.length;
    spans.push(...valuesOf(LOGIN_OPTION, text.slice(from, from + 500).split("\n", 1)[0] ?? "", from));
  }
  for (const { 0: found, 1: value = "", index } of text.matchAll(ODOO_PASSWORD)) {
    const before = text.slice(Math.max(0, index - 200), index);
    if (OTHERS_W.test(before.slice(before.lastIndexOf("\n") + 1))) continue;
    spans.push(inside(value, index + found.length - value.length));
  }
  for (const { 0: found, 1: value = "", 2: program = "", index } of text.matchAll(PIPED)) {
    const from = index + found.indexOf(value, 5);
    if (READS_SECRET.test(program)) spans.push({ from, to: from + value.length });
  }
  for (const form of [USER, ...POSITIONAL]) {
    for (const found of text.matchAll(form)) {
      const value = found[1] ?? "";
      const from = found.index + found[0].lastIndexOf(value);
      spans.push({ from, to: from + value.length });
    }
  }
  return spans;
}

function valuesOf(options: RegExp, args: string, from: number): Span[] {
  return [...args.matchAll(options)].flatMap((found) => {
    const value = found[1] ?? found[2] ?? "";
    return /^["']?$/.test(value) ? [] : [inside(value, from + found.index + found[0].length - value.length)];
  });
}

/** A value without the quote that it begins with. */
function inside(value: string, at: number): Span {
  return { from: /^["']/.test(value) ? at + 1 : at, to: at + value.length };
}
