// No text, however it was made, keeps the redactor busy: hosts write the texts.

import { expect, it } from "vitest";
import { Redactor } from "../../src/redaction/redactor.ts";
import { cpuTime } from "../support/cpu-time.ts";

const MEGABYTE = 1024 * 1024;
/** Milliseconds for a megabyte; one that went back and forth would need minutes. */
const BOUND = 3_000;

/** Beginnings of every form, and what may go on for ever behind them. */
const PIECES: readonly string[] = [
  ...["a", "A", "0", "aB3", "_", "-", ".", "=", ":", "/", "@", "\\", "\n", "\0", " ", "\t", "%", "$", "~", "|", "<", ">", "+"],
  ...['"', "'", "`", '\\"', '\\\\\\"', "&quot;", "%22", '"""', "('", "[\"", "{'"],
  ...["password", "password ", "password=", "password:", "password: |\n", "password:\n", "password\n", "password=$", "password='"],
  ...['"password', '"password":', '"password": "', '\\"password\\": \\"', "'password', '", '("password", `', '"password=', "{b'password': b'"],
  ...["--password ", "--password\n", "- --password\n", "-password", "password('", "password(a, ", "password=self.", "token=[\""],
  ...["<password>", "<password>\n", 'name="password"', 'name="password">', 'name="password" ', "<name>password</name>", 'name: PASSWORD\n', '"name": "PASSWORD", '],
  ...["set password ", "proxy_set_header X-Api-Key ", "authorization: basic ", "authorization: digest ", "cookie: ", "login a password "],
  ...["odoo -w", "odoo -w ", "sshpass -p ", "redis-cli ", "redis-cli -a", "mysql -p", "docker login ", "docker login -p ", "curl -u a:", "-u ", "-w ", "-w\n", "grep -w a "],
  ...["echo a | ", "echo a |", "htpasswd -b ", "rabbitmqctl ", "rabbitmqctl add_user a ", "vault login -a ", "sqlplus ", "/p:", "openssl -k "],
  ...["://", "a://b:", "a://b:c@", "://a", "%3A%2F%2Fa%3Ab", ":\\/\\/a:", "thin:a/", "hooks.slack.com/services/", "/hooks/", "/hooks/a1/", "/bot123:", "/api/webhooks/1", "?token=", "&sig=", ".webhook.office.com/webhookb2"],
  ...["execute_kw(", "execute_kw('a', 2, '", "\"args\": [", "\"args\": [\"a\", 2, \"", "<methodName>execute_kw</methodName><params>", "identified by '", "a:1:b:c:", "*:*:*:a:", '"a" "'],
  ...["--+--\n", "a | password\n--+--\n", "---+---+", "map $a $b {", "map $http_x_key $b {\n a b;", "secure_link_md5 ", "map "],
  ...["eyJ", "eyJaaaaaaaaaaaa.", "eyJaaaaaaaaaaaa.aaaaaaaaaa.", "ghp_", "ghp_aaaaaaaaaaaaaaaaaaaaaaaa_", "sk-", "AKIA", "SG.", "xoxb-1", "s.", "pat.", "v1.0-", "aaa1Q~", "0123456789012345|", "SKaaaaaaaa"],
  ...["$2b$", "$apr1$a$", "$5$a$", "$5$rounds=1$", "{SSHA}", "bearer ", "basic a", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\naaaa", "Private-Lines: 1\n", "Private-MAC: "],
  ...['{"a":"\\n', '"\\n', '"\\n"', '"\\\\', '"\\"'],
  ...["2026-11-24 11:19:20,100 1 WARNING odoo odoo.addons.sale: ", "partner Jane ", "Jane Doe ", "+49 151 ", "DE12 3456 ", "a@", "a@b.", "ValueError: invalid literal for int() with base 10: '"],
];

const redactor = new Redactor();
redactor.learn(["a secret value of ours", "hunter2hunter2"]);

it.each(PIECES)("a megabyte of %j", (piece) => {
  const text = piece.repeat(MEGABYTE / piece.length);
  expect(cpuTime(() => redactor.text(text))).toBeLessThan(BOUND);
});

it.each(PIECES)("a megabyte without an end behind %j", (piece) => {
  for (const rest of ["a", "\\", " ", "\n "])
    expect(cpuTime(() => redactor.text(piece + rest.repeat(MEGABYTE / rest.length)))).toBeLessThan(BOUND);
});
