/** Documents and records that are not of the form that the programs print. */

import { type Any, type Attack, both, inSection, inspectedContainers, reprinted, utf8 } from "../attack.ts";

/** Numbers and dates that are none, or beyond what they stand for. */
const NUMBERS = [
  "1e309",
  "-1",
  "9".repeat(400),
  "-9007199254740993",
  "0x10",
  "1.5",
  "NaN",
  "Infinity",
  "",
  "٣",
];
const DATES = [
  "+099999-01-01T00:00:00Z",
  "99999-12-31T23:59:59Z",
  "-000001-01-01T00:00:00Z",
  "0000-00-00T00:00:00Z",
  "2026-02-31T25:61:61Z",
  "275760-09-13T00:00:00.001Z",
  "pwn",
  "",
  "Mon Jan 1 00:00:00 UTC 99999",
];

const nested = (open: string, close: string, times: number): string =>
  `${open.repeat(times)}${close.repeat(times)}`;

const containers = (name: string, change: (containers: Record<string, Any>[]) => unknown): Attack => ({
  name: `docker inspect ${name}`,
  state: "odoo-stopped",
  bends: () => ({ survey: inspectedContainers(change) }),
});

const document = (name: string, text: string): Attack => ({
  name: `every document ${name}`,
  state: "odoo-stopped",
  bends: () => ({
    survey: reprinted((printed) => {
      for (const section of printed.sections) {
        if (/^(?:probe containers |config \d)/.test(section.name)) section.body = utf8(text);
        if (section.name.startsWith("database "))
          section.body = utf8(
            `activity=${text}\nmodules=odoo\t${text}\nbundles=odoo\t${text}\nnamed=odoo\t${text}\n`,
          );
      }
    }),
    evidence: inSection(/^(?:inspect |compose)/, () => utf8(text)),
  }),
});

export const DOCUMENTS: readonly Attack[] = [
  document("is null", "null"),
  document("is a list", "[]"),
  document("is a text", '"pwn"'),
  document("is a number", "1e309"),
  document("is cut", '[{"Id": "x'),
  document("is nested 100,000 times in lists", nested("[", "]", 100_000)),
  document("is nested 100,000 times in objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
  document(
    "has a key __proto__",
    '{"__proto__": {"name": "pwn", "services": {}}, "constructor": {"prototype": 1}}',
  ),
  document(
    "has 100,000 keys",
    `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(",")}}`,
  ),
  document("has a text of a megabyte", JSON.stringify({ name: "pwn".repeat(350_000), services: {} })),
  document("has lone surrogates", '{"name": "\\ud800pwn\\udfff", "services": {"\\udc00": {}}}'),
  containers("has every number out of range", (all) => {
    for (const [index, container] of all.entries()) {
      container.RestartCount = 1e308;
      container.State.ExitCode = -(2 ** 53);
      container.State.Pid = index === 0 ? 1e21 : -1;
      container.HostConfig.Memory = -1e308;
    }
  }),
  ...DATES.map((date) =>
    containers(`has the date ${JSON.stringify(date)}`, (all) => {
      for (const container of all) {
        container.Created = date;
        container.State.StartedAt = date;
        container.State.FinishedAt = date;
      }
    }),
  ),
  containers("has states that are none", (all) => {
    for (const container of all) {
      container.State.Status = "pwn\n::error::pwn";
      container.State.Health = { Status: "pwn" };
    }
  }),
  containers("lists a container twice by its id", (all) => [
    ...all,
    ...all,
    ...all.map((one) => ({ ...one, Name: "/pwn" })),
  ]),
  containers("lists containers without an id", (all) => all.map((one) => ({ ...one, Id: "" }))),
  containers("lists containers whose id is a program", (all) =>
    all.map((one) => ({ ...one, Id: "$(touch pwn) --privileged\n-rf" })),
  ),
  containers("lists ten thousand containers", (all) =>
    Array.from({ length: 10_000 }, (_, index) => ({
      ...all[index % all.length],
      Id: `${index}`.padStart(64, "0"),
    })),
  ),
  containers("has a name of a megabyte", (all) => {
    for (const container of all) container.Name = `/${"pwn".repeat(350_000)}`;
  }),
  containers("has names that are keys of every object", (all) => {
    for (const container of all) {
      container.Name = "/__proto__";
      container.Id = "__proto__";
      container.Config.Labels["com.docker.compose.project"] = "__proto__";
      Object.defineProperty(container.Config.Labels, "__proto__", { enumerable: true, value: "pwn" });
    }
  }),
  {
    name: "there are 20,000 projects",
    state: "odoo-stopped",
    seconds: 90,
    bends: () => ({
      survey: reprinted((printed) => {
        const at = printed.sections.findIndex(({ name }) => name.startsWith("probe direct "));
        const many = Array.from({ length: 20_000 }, (_, index) => ({
          name: `project ${index + 2}`,
          body: `pwn${index}\t/opt/pwn${index}\t/opt/pwn${index}/a.yml\t\tlabels\n`,
        }));
        printed.sections.splice(at, 0, ...many);
      }),
    }),
  },
  {
    name: "there are 20,000 pages with an asset each",
    seconds: 90,
    bends: () => ({
      survey: reprinted((printed) => {
        for (const probe of ["probe processes ", "probe logs "]) {
          const at = printed.sections.findIndex(({ name }) => name.startsWith(probe));
          const many = Array.from({ length: 20_000 }, (_, index) => [
            { name: `page ${index}`, body: "" },
            { name: `asset ${index} 1`, body: "kind=css\npath=/pwn\ncode=500\ncurl=0\n" },
          ]);
          printed.sections.splice(at, 0, ...many.flat());
        }
      }),
    }),
  },
  ...NUMBERS.map(
    (number): Attack => ({
      name: `every number of a record is ${number.length > 30 ? "of 400 digits" : JSON.stringify(number)}`,
      state: "odoo-stopped",
      bends: () => ({
        survey: reprinted((printed) => {
          for (const section of printed.sections) {
            if (/^(?:probe (?:containers|compose) |config \d|project |test |access )/.test(section.name))
              continue;
            if (section.name.startsWith("probe "))
              section.body = section.body.replaceAll(/\b\d+(?:\.\d+)?\b/g, () => utf8(number));
            else section.body = section.body.replaceAll(/=\d+(?:\.\d+)?$/gm, () => `=${utf8(number)}`);
            if (/^(?:files|git|kernel)$/.test(section.name))
              section.body += utf8(`${number}\t/opt/pwn\t0123abc\tpwn\n${number} droplet kernel: pwn\n`);
          }
        }),
      }),
    }),
  ),
  {
    name: "the clock of the host is in the year 99999",
    state: "odoo-stopped",
    bends: () => ({
      survey: inSection(/^probe host /, (body) => body.replace(/^epoch=\d+/m, "epoch=3093527980800")),
    }),
  },
  {
    name: "the clock of the host is before the year 0, in a zone of its own",
    state: "odoo-stopped",
    bends: () => ({
      survey: inSection(/^probe host /, (body) =>
        body
          .replace(/^epoch=\d+/m, "epoch=-99999999999999")
          .replace(/^zone=.*/m, "zone=+9999")
          .replace(/^uptime=.*/m, "uptime=-1"),
      ),
    }),
  },
  {
    name: "changes are dated beyond every calendar",
    state: "odoo-stopped",
    bends: () => ({
      survey: both(
        inSection(
          "git",
          () => "8640000000001\t/opt\t0123abc\tpwn\n-99999999999999\t/opt\t0123abc\tpwn\nNaN\t/opt\tx\tpwn\n",
        ),
        inSection("files", () => `${"9".repeat(30)}\t/opt/pwn\n8640000000001\t/opt/pwn\n`),
        inSection(
          "kernel",
          () => `${"9".repeat(25)} droplet kernel: Out of memory: Killed process 1 (pwn)\n`,
        ),
        inSection("packages", () => "99999-99-99 99:99:99 upgrade pwn:amd64 1 2\n"),
        inSection(
          /^log /,
          (body) =>
            `${body}99999-13-45 99:99:99,999 1 CRITICAL odoo odoo.modules.registry: Failed to load registry\n`,
        ),
      ),
    }),
  },
  {
    name: "bundles and files are stored under paths",
    bends: () => ({
      survey: inSection(/^database /, (body) =>
        body.replaceAll(
          /"(storedAs|url|name)": ?"[^"]*"/g,
          (_, key: string) => `"${key}":"../../../../etc/pwn\\n-rf"`,
        ),
      ),
    }),
  },
];
