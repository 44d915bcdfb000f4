// Inputs as a workflow gives them: understood exactly, or refused with every mistake at once and no secret in sight.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import type { Inputs } from "../../src/inputs/inputs.ts";
import { INPUT_DEFAULTS, type InputName, type RawInputs, SECRET_INPUTS } from "../../src/inputs/names.ts";
import { parseInputs } from "../../src/inputs/parse.ts";
import { makeKey } from "../host/ssh/test-server.ts";
import { HOSTILE, shellText } from "../support/hostile.ts";

const KEY = makeKey();
const JUMP_KEY = makeKey("ecdsa");

const noFile = (path: string): string => {
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
};

/** The fewest inputs that will do, and others beside them. */
const raw = (more: RawInputs = {}): RawInputs => ({
  host: "203.0.113.7",
  key: KEY.privateKey,
  fingerprint: KEY.fingerprint,
  ...more,
});

const parse = (more: RawInputs = {}, readFile = noFile): Inputs => parseInputs(raw(more), readFile);

/** The mistakes in inputs; none when they are accepted. Anything thrown that is no InputError is a failure. */
function mistakesIn(inputs: RawInputs, readFile = noFile): readonly string[] {
  try {
    parseInputs(inputs, readFile);
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.mistakes;
    throw error;
  }
}

/** The mistakes that one input makes when all the others are good. */
const mistakesOf = (name: InputName, value: string): readonly string[] => mistakesIn(raw({ [name]: value }));

function sshOf({ connection }: Inputs): Extract<Inputs["connection"], { kind: "ssh" }> {
  if (connection.kind !== "ssh") throw new Error("it is local");
  return connection;
}

describe("defaults", () => {
  it("are what action.yml states, when only the needed inputs are given", () => {
    expect(parse()).toEqual({
      connection: {
        kind: "ssh",
        target: {
          host: "203.0.113.7",
          port: 22,
          login: { username: "root", privateKey: expect.stringContaining("PRIVATE KEY") },
          pins: [{ kind: "fingerprint", sha256: KEY.fingerprint.replace("SHA256:", "") }],
        },
        connectTimeoutMs: 30_000,
      },
      mode: "check",
      scenario: "auto",
      ceiling: "restart",
      approve: undefined,
      overrideBudget: false,
      backup: "auto",
      backupTo: "droplet",
      recipients: [],
      uploadLimit: 400_000_000,
      backupTimeoutMs: 3_600_000,
      module: undefined,
      url: undefined,
      directory: undefined,
      composeFile: undefined,
      odooService: undefined,
      dbService: undefined,
      database: undefined,
      dbUser: undefined,
      soakMs: 30_000,
      bootWaitMs: 600_000,
      graceMs: 180_000,
      confirmMs: 0,
      commandTimeoutMs: 600_000,
      failOn: "unhealthy",
    });
  });

  it.each(["", " ", "\n", undefined])("stand for an input that is %j", (nothing) => {
    const empty = Object.fromEntries(Object.keys(INPUT_DEFAULTS).map((name) => [name, nothing]));
    expect(parseInputs({ ...empty, ...raw() }, noFile)).toEqual(parse());
    expect(parseInputs({ ...empty, host: "local" }, noFile).connection).toEqual({ kind: "local" });
  });

  it("stated in full change nothing", () => {
    expect(parseInputs({ ...INPUT_DEFAULTS, ...raw() }, noFile)).toEqual(parse());
  });
});

describe("mistakes", () => {
  it("are all listed at once, each under its input's name", () => {
    const mistakes = mistakesIn({
      host: "https://erp.example.com",
      port: "70000",
      username: "-oProxyCommand=x",
      fingerprint: "nonsense",
      known_hosts: "nonsense",
      timeout: "soon",
      proxy_host: "a b",
      proxy_port: "0",
      proxy_username: "",
      mode: "repair",
      scenario: "404",
      ceiling: "module",
      approve: "yes",
      url: "erp",
      directory: "relative",
      compose_file: "-f",
      odoo_service: "a;b",
      db_service: "$(id)",
      database: "shop' or '1'='1",
      db_user: "odoo -c id",
      soak: "1",
      boot_wait: "never",
      fail_on: "always",
      hots: "typo",
    });
    const named = mistakes.map((mistake) => /^`(\w+)`: /.exec(mistake)?.[1]);
    expect(named.toSorted()).toEqual(
      [
        "approve",
        "boot_wait",
        "ceiling",
        "compose_file",
        "database",
        "db_service",
        "db_user",
        "directory",
        "fail_on",
        "fingerprint",
        "host",
        "hots",
        "key",
        "known_hosts",
        "mode",
        "odoo_service",
        "port",
        "proxy_host",
        "proxy_key",
        "proxy_port",
        "scenario",
        "soak",
        "timeout",
        "url",
        "username",
      ].toSorted(),
    );
  });

  it("say together that nothing was connected to, and are listed for people", () => {
    try {
      parseInputs({ mode: "x", fail_on: "y", host: "local" }, noFile);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        message: "2 inputs cannot be used",
        detail: expect.stringMatching(/^- `mode`: .*\n- `fail_on`: .*$/),
        advice: expect.stringContaining("nothing was connected to"),
      });
    }
  });

  it("in a name are noticed, with a hint where one is near", () => {
    expect(mistakesIn(raw({ fingerprnt: "x" }))).toEqual([
      "`fingerprnt`: there is no such input; did you mean `fingerprint`?",
    ]);
    expect(mistakesIn(raw({ ssh_private_key_file: "x" }))).toEqual([
      "`ssh_private_key_file`: there is no such input",
    ]);
  });

  it.each(["constructor", "toString", "__proto__", "hasOwnProperty"])("in a name are noticed: %s", (name) => {
    const inputs = Object.defineProperty({ ...raw() }, name, { value: "x", enumerable: true });
    expect(mistakesIn(inputs)).toEqual([expect.stringContaining(`\`${name}\`: there is no such input`)]);
  });
});

describe("a host", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    [" erp.example.com ", "erp.example.com"],
    ["erp.example.com.", "erp.example.com."],
    ["my_droplet", "my_droplet"],
    ["2001:db8::1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1%eth0"],
  ])("may be %j", (given, host) => {
    expect(sshOf(parse({ host: given })).target.host).toBe(host);
  });

  it.each([
    "https://erp.example.com",
    "erp.example.com:22",
    "203.0.113.7:22",
    "root@erp.example.com",
    "-oProxyCommand=id",
    "a b",
    "a..b",
    ".a",
    "[::1",
    "::1]",
    "[example.com]",
    ":",
    "a\nb",
    "é.example.com",
    `${"a".repeat(64)}.com`,
    "a.".repeat(200),
    ":".repeat(100_000),
    "a".repeat(100_000),
  ])("may not be %j", (host) => {
    expect(mistakesOf("host", host)).toEqual([expect.stringMatching(/^`host`: .*no host name or address/)]);
  });

  it("that is missing is said to be, with what to give", () => {
    expect(mistakesIn(raw({ host: "" }))).toEqual([
      expect.stringMatching(/^`host`: is missing; give .*`local`/),
    ]);
  });

  it("`local` needs no key and no pin", () => {
    expect(parseInputs({ host: "local" }, noFile).connection).toEqual({ kind: "local" });
  });
});

describe("a port", () => {
  it("is any from 1 to 65535", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
        expect(sshOf(parse({ port: String(port) })).target.port).toBe(port);
      }),
    );
  });

  it.each(["0", "65536", "99999", "-1", "22.5", "0x16", "1e3", "ssh", "22 23", "２２"])(
    "is not %j",
    (port) => {
      expect(mistakesOf("port", port)).toEqual([expect.stringMatching(/^`port`: .*no port number/)]);
    },
  );
});

describe("a duration", () => {
  it.each([
    ["1s", 1_000],
    ["90s", 90_000],
    ["10m", 600_000],
    ["10 m", 600_000],
    ["24h", 86_400_000],
  ])("may be %j", (given, ms) => {
    expect(parse({ boot_wait: given }).bootWaitMs).toBe(ms);
    expect(parse({ soak: given }).soakMs).toBe(ms);
    expect(sshOf(parse({ timeout: given })).connectTimeoutMs).toBe(ms);
  });

  it.each([
    "30",
    "s",
    "1.5h",
    "-1s",
    "1d",
    "1m30s",
    "10M",
    "1ms",
    "ten",
    "1s\n1s",
    "25h",
    "999999h",
    "9999999s",
  ])("may not be %j", (given) => {
    for (const name of ["boot_wait", "soak", "timeout"] as const) {
      expect(mistakesOf(name, given)).toEqual([expect.stringMatching(new RegExp(`^\`${name}\`: `))]);
    }
  });

  it("of nothing is no time to connect or to boot in, but may be waiting longer than needed", () => {
    expect(mistakesOf("timeout", "0s")).toHaveLength(1);
    expect(mistakesOf("boot_wait", "0m")).toHaveLength(1);
    for (const name of ["confirm", "grace", "soak"] as const) expect(mistakesOf(name, "0s")).toEqual([]);
  });
});

describe("a url", () => {
  it.each([
    ["https://erp.example.com", "https:", "erp.example.com", ""],
    ["http://erp.example.com:8080/web", "http:", "erp.example.com", "8080"],
    ["https://ERP.example.com/", "https:", "erp.example.com", ""],
    ["https://bücher.example", "https:", "xn--bcher-kva.example", ""],
    ["http://203.0.113.7", "http:", "203.0.113.7", ""],
    ["http://[2001:db8::1]:8069", "http:", "[2001:db8::1]", "8069"],
    ["https://erp.example.com/web?mail=a@example.com", "https:", "erp.example.com", ""],
  ])("may be %j", (given, protocol, hostname, port) => {
    expect(parse({ url: given }).url).toMatchObject({ protocol, hostname, port });
  });

  it.each([
    "erp.example.com",
    "ftp://erp.example.com",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://",
    "https://a b",
    "https://erp.example.com/\nHost: x",
    "https://$(id).example.com",
    "https://a'b.example.com",
    "https://{a,b}.example.com",
    "https://a;b",
    `https://example.com/${"a".repeat(5_000)}`,
  ])("may not be %j", (given) => {
    expect(mistakesOf("url", given)).toEqual([expect.stringMatching(/^`url`: .*no web address/)]);
  });

  it.each([
    "https://user:hunter2hunter2@erp.example.com",
    "https://hunter2hunter2@erp.example.com",
    "ftp://user:hunter2hunter2@erp.example.com",
    "https:\\\\user:hunter2hunter2@erp.example.com",
    "user:hunter2hunter2@erp.example.com",
    "https://user:hunter2hunter2@not a host",
  ])("may not hold a password, which is not repeated: %j", (given) => {
    const mistakes = mistakesOf("url", given);
    expect(mistakes).toHaveLength(1);
    expect(mistakes.join()).not.toContain("hunter2");
  });
});

describe("a database", () => {
  it.each(["odoo", "odoo_core", "Shop-14.0", "_x", "9lives", "a".repeat(63)])("may be called %j", (name) => {
    expect(parse({ database: ` ${name} ` }).database).toBe(name);
    expect(parse({ db_user: name }).dbUser).toBe(name);
  });

  it("may be asked as a role of a managed server, which has an `@` in it", () => {
    expect(parse({ db_user: "odoo@shop-server" }).dbUser).toBe("odoo@shop-server");
    expect(mistakesOf("database", "odoo@shop-server")).toHaveLength(1);
  });

  // A name with `=` or `://` would be a whole connection string to psql, and one with a dash in front an option.
  it.each([
    "host=evil dbname=x",
    "dbname=x",
    "postgresql://evil/x",
    "-d",
    "--command=id",
    ".pgpass",
    "a b",
    "a'b",
    'a"b',
    "a;b",
    "a/b",
    "é",
    "a".repeat(64),
  ])("may not be called %j, nor may its role", (name) => {
    expect(mistakesOf("database", name)).toEqual([expect.stringMatching(/^`database`: .*no name of/)]);
    expect(mistakesOf("db_user", name)).toEqual([expect.stringMatching(/^`db_user`: .*no name of/)]);
  });
});

describe("a module", () => {
  it("is named together with what is to become of it", () => {
    expect(parse({ module: " shop_theme ", module_action: "uninstall" }).module).toEqual({
      name: "shop_theme",
      action: "uninstall",
    });
    expect(mistakesIn(raw({ module: "shop_theme" }))).toEqual([
      "`module_action`: is missing beside `module`; give `update` or `uninstall`",
    ]);
    expect(mistakesIn(raw({ module_action: "update" }))).toEqual([
      "`module`: is missing beside `module_action`; name the module, or leave both out",
    ]);
  });

  it.each(["shop theme", "-u", "shop;id", "shop_theme,web", "../shop", "shöp", "$(id)", "a".repeat(64)])(
    "has a technical name: %j is none",
    (module) => {
      expect(mistakesIn(raw({ module, module_action: "drop" }))).toEqual([
        expect.stringMatching(/^`module`: .* is no module's technical name/),
        expect.stringMatching(/^`module_action`: .* is none of `update`, `uninstall`/),
      ]);
    },
  );
});

describe("a backup", () => {
  const KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

  it("stays where it was to go, whoever may read what is uploaded of it", () => {
    expect(parse({ backup_recipients: KEY })).toMatchObject({ backupTo: "droplet", recipients: [KEY] });
    expect(parse({ backup_recipients: KEY, backup_to: "runner" }).backupTo).toBe("runner");
  });

  it("has a limit in megabytes or gigabytes, and recipients that are whole", () => {
    expect(parse({ backup_upload_limit: "2GB" }).uploadLimit).toBe(2_000_000_000);
    expect(parse({ backup_upload_limit: "50 mb" }).uploadLimit).toBe(50_000_000);
    for (const backup_upload_limit of ["400", "4.5GB", "1TB", "-1MB", "99GB", "0x1MB"])
      expect(mistakesIn(raw({ backup_upload_limit }))).toHaveLength(1);
    const secret = `AGE-SECRET-KEY-1${"Q".repeat(58)}`;
    const [mistake] = mistakesIn(raw({ backup_recipients: secret }));
    expect(mistake).toMatch(/^`backup_recipients`: holds a secret key of age/);
    expect(mistake).not.toContain("QQQ");
    expect(mistakesIn(raw({ backup_recipients: KEY.slice(0, -1) }))).toHaveLength(1);
  });

  it("has its own words and its own deadline", () => {
    expect(parse({ backup: "never", backup_to: "both", backup_timeout: "90m" })).toMatchObject({
      backup: "never",
      backupTo: "both",
      backupTimeoutMs: 5_400_000,
    });
    expect(mistakesIn(raw({ backup: "yes", backup_to: "s3", backup_timeout: "0s" }))).toEqual([
      "`backup`: “yes” is none of `auto`, `always`, `never`",
      "`backup_to`: “s3” is none of `droplet`, `runner`, `both`",
      "`backup_timeout`: “0s” leaves no time",
    ]);
  });
});

describe("an approval", () => {
  const token = "4f1c0a9be27d6683-20261124T0250Z";

  it("is for mode recover, as the plan printed it", () => {
    const approve = { token, at: Date.parse("2026-11-24T02:50:00Z") };
    expect(parse({ mode: "recover", approve: ` ${token}\n` }).approve).toEqual(approve);
    expect(parse({ mode: "recover" }).approve).toBeUndefined();
  });

  it.each(["check", "plan"])("with mode %s is a mistake that says so", (mode) => {
    expect(mistakesIn(raw({ mode, approve: token }))).toEqual([
      `\`approve\`: is for \`mode: recover\` alone, and the mode is \`${mode}\`; leave it out, or set the mode`,
    ]);
    // The mode that is used when none is given.
    expect(mistakesIn(raw({ approve: token }))[0]).toContain("the mode is `check`");
  });

  it("in another form is a mistake that shows the form, beside all others", () => {
    const mistakes = mistakesIn(raw({ approve: "4f1c0a9be27d6683", scenario: "503", ceiling: "all" }));
    expect(mistakes).toEqual([
      "`scenario`: “503” is none of `auto`, `502`, `500`",
      "`ceiling`: “all” is none of `restart`, `repair`, `wipe`",
      expect.stringContaining("the mode is `check`"),
      "`approve`: “4f1c0a9be27d6683” is no approval; copy the one that `mode: plan` printed, like `4f1c0a9be27d6683-20261124T0250Z`",
    ]);
  });
});

describe("a review", () => {
  const OWN = `\${{ github.token }}`;

  it("is none unless it is asked for, whatever stands beside", () => {
    expect(parse({}).review).toBeUndefined();
    const beside = { environment: "production", github_token: "ghs_token" };
    expect(parse({ reviewed: "false", ...beside }).review).toBeUndefined();
    expect(parse({ reviewed: " ", ...beside }).review).toBeUndefined();
  });

  it("has the environment and the token, in every mode", () => {
    for (const mode of ["check", "plan", "recover"])
      expect(
        parse({ mode, reviewed: "true", environment: " Live: EU/1 ", github_token: "ghs_token\n" }).review,
      ).toEqual({ environment: "Live: EU/1", token: "ghs_token" });
  });

  it("without environment or token is a mistake that says what to give", () => {
    expect(mistakesIn(raw({ reviewed: "true" }))).toEqual([
      "`environment`: is missing beside `reviewed: true`; name the environment in which this job runs",
      `\`github_token\`: is missing beside \`reviewed: true\`; give \`${OWN}\``,
    ]);
  });

  it.each(["yes", "True", "1", "truee"])(
    "is not asked for with the typo %s: a mistake, not false",
    (reviewed) => {
      expect(mistakesIn(raw({ reviewed }))).toEqual([
        `\`reviewed\`: “${reviewed}” is neither \`true\` nor \`false\``,
      ]);
    },
  );

  it("takes no environment of several lines or without end, and shows nothing of what is no token", () => {
    const given = { reviewed: "true", environment: "a\nb", github_token: "two words" };
    expect(mistakesIn(raw(given))).toEqual([
      "`environment`: “a\\nb” is no name of an environment; give one like `production`",
      `\`github_token\`: is no token; give \`${OWN}\``,
    ]);
    expect(mistakesIn(raw({ environment: "x".repeat(256) }))).toHaveLength(1);
    expect(mistakesIn(raw({ environment: "x".repeat(255) }))).toEqual([]);
    expect(mistakesIn(raw({ github_token: "x".repeat(4_097) }))).toHaveLength(1);
  });
});

describe("a login", () => {
  it("may be by a key in a file", () => {
    const paths: string[] = [];
    const inputs = parse({ key: "", key_path: " /keys/id " }, (path) => {
      paths.push(path);
      return KEY.privateKey;
    });
    expect(sshOf(inputs).target.login.privateKey).toContain("PRIVATE KEY");
    expect(paths).toEqual(["/keys/id"]);
  });

  it("by a file that cannot be read says why", () => {
    expect(mistakesIn(raw({ key: "", key_path: "/keys/id" }))).toEqual([
      expect.stringMatching(/^`key_path`: cannot be read: ENOENT/),
    ]);
  });

  it("by a key that stands where its path belongs does not repeat the key", () => {
    const mistakes = mistakesIn(raw({ key: "", key_path: KEY.privateKey }));
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(/^`key_path`: holds a key/);
    for (const line of KEY.privateKey.split("\n").slice(1, -2)) expect(mistakes.join()).not.toContain(line);
  });

  it("by key and file at once is ambiguous", () => {
    expect(mistakesIn(raw({ key_path: "/keys/id" }))).toEqual([
      expect.stringMatching(/^`key_path`: is given beside/),
    ]);
  });

  it("by nothing is a mistake", () => {
    expect(mistakesIn(raw({ key: "" }))).toEqual([expect.stringMatching(/^`key`: is missing/)]);
  });

  it("by a password needs no key, and the password is kept to the last blank", () => {
    const inputs = parse({ key: "", password: "  pass word \t" });
    expect(sshOf(inputs).target.login).toEqual({ username: "root", password: "  pass word \t" });
  });

  it("through a jump host has its own login and pin", () => {
    const inputs = parse({
      proxy_host: "bastion.example.com",
      proxy_port: "2222",
      proxy_username: "jump",
      proxy_key: JUMP_KEY.privateKey,
      proxy_fingerprint: JUMP_KEY.fingerprint,
    });
    expect(sshOf(inputs).jump).toEqual({
      host: "bastion.example.com",
      port: 2222,
      login: { username: "jump", privateKey: expect.stringContaining("PRIVATE KEY") },
      pins: [{ kind: "fingerprint", sha256: JUMP_KEY.fingerprint.replace("SHA256:", "") }],
    });
    expect(sshOf(inputs).target.host).toBe("203.0.113.7");
  });

  it("may be pinned by known_hosts, for both hosts", () => {
    const inputs = parse({
      fingerprint: "",
      known_hosts: `203.0.113.7 ${KEY.publicKey}\nbastion ${JUMP_KEY.publicKey}`,
      proxy_host: "bastion",
      proxy_password: "secret word",
    });
    for (const endpoint of [sshOf(inputs).target, sshOf(inputs).jump]) {
      expect(endpoint?.pins).toMatchObject([{ kind: "known-hosts", entries: [{}, {}] }]);
    }
  });

  it("without a pin is told apart: connecting will show the offered key and stop", () => {
    expect(sshOf(parse({ fingerprint: "" })).target.pins).toEqual([]);
  });
});

/** Where each string input ends up; undefined for those that are not handed on as they are. */
const CARRIED: Partial<Record<InputName, (inputs: Inputs) => unknown>> = {
  host: (inputs) => sshOf(inputs).target.host,
  username: (inputs) => sshOf(inputs).target.login.username,
  password: (inputs) => sshOf(inputs).target.login.password,
  proxy_host: (inputs) => sshOf(inputs).jump?.host,
  directory: (inputs) => inputs.directory,
  compose_file: (inputs) => inputs.composeFile,
  odoo_service: (inputs) => inputs.odooService,
  db_service: (inputs) => inputs.dbService,
  database: (inputs) => inputs.database,
  db_user: (inputs) => inputs.dbUser,
};

describe("a hostile value", () => {
  const names = Object.keys(INPUT_DEFAULTS) as InputName[];
  const value = fc.oneof(
    shellText,
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "/..",
      "/a/../b",
      "/a\u2028/../b",
      "/opt/\u0000",
      "\ud800",
      "https://'",
      "a".repeat(100_000),
    ),
  );
  // Passwords are any text; the rest has a form.
  const exact = (name: InputName, given: string): string => (name === "password" ? given : given.trim());

  it("is refused, or carried exactly as it was given, in every input", () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, given) => {
        const inputs = raw({
          ...(name === "proxy_host" ? { proxy_password: "secret word" } : {}),
          ...(name === "key_path" ? { key: "" } : {}),
          [name]: given,
        });
        fc.pre(given.trim() !== "" && given.trim() !== "local");
        if (mistakesIn(inputs).length > 0) return;
        const carried = CARRIED[name]?.(parseInputs(inputs, noFile));
        if (carried !== undefined) expect(carried).toBe(exact(name, given).replace(/^\[(.*:.*)\]$/, "$1"));
      }),
      { numRuns: 2_500 },
    );
  });

  it.each([
    "host",
    "username",
    "odoo_service",
    "db_service",
    "database",
    "db_user",
    "proxy_host",
    "mode",
    "fail_on",
    "soak",
    "url",
  ] as const)("is refused as `%s`, whatever it is made of", (name) => {
    for (const given of HOSTILE.filter((text) => text.trim() !== "" && !["EOF", "RUN"].includes(text))) {
      // A user of a Windows domain has a backslash in its name; it reaches no shell.
      const plain =
        (name === "username" ? /^[\w.@\\-]+$/ : /^[\w.-]+$/).test(given) && !given.startsWith("-");
      if (plain && given.length <= 63) continue;
      const mistakes = mistakesIn(raw({ proxy_password: "secret word", [name]: given }));
      expect(mistakes, JSON.stringify(given)).toEqual([expect.stringMatching(new RegExp(`^\`${name}\`: `))]);
    }
  });

  it("never leaves the project's directory", () => {
    for (const path of ["/opt/../etc", "/..", "/opt/..", "/opt\u2028/../etc", "/../../x"]) {
      expect(mistakesOf("directory", path)).toEqual([expect.stringContaining("`..`")]);
      expect(mistakesOf("compose_file", path.slice(1))).toEqual([expect.stringContaining("`..`")]);
    }
    expect(parse({ directory: "/srv/my..shop/a..", compose_file: "..x.yml" })).toMatchObject({
      directory: "/srv/my..shop/a..",
      composeFile: "..x.yml",
    });
  });

  it("makes a message of one line and of bounded length", () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, given) => {
        for (const mistake of mistakesIn(raw({ [name]: given }))) {
          if (name !== "key_path") expect(mistake.length).toBeLessThan(600);
          if (name !== "key_path") expect(mistake).not.toMatch(/[\r\n]/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("never gives a secret away, in any secret input, whatever else is wrong", () => {
    const secret = fc.oneof(
      fc.string({ minLength: 8, maxLength: 40 }),
      fc.constantFrom(...KEY.privateKey.split("\n").slice(1, 3)),
      fc.constant(KEY.privateKey.slice(0, 200)),
      fc
        .base64String({ minLength: 12, maxLength: 200 })
        .map((text) => `-----BEGIN RSA PRIVATE KEY-----\n${text}\n-----END RSA PRIVATE KEY-----`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...SECRET_INPUTS), secret, (name, hidden) => {
        const lines = hidden
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line.length >= 8 && !line.includes("-----"));
        fc.pre(lines.length > 0 && /[^a-z `,.;]/i.test(lines.join("")));
        const mistakes = mistakesIn(raw({ proxy_host: "bastion", mode: "wrong", [name]: hidden })).join("\n");
        expect(mistakes).toContain("`mode`");
        for (const line of lines) expect(mistakes).not.toContain(line);
      }),
      { numRuns: 1_000 },
    );
  });
});
