// Templates as our programs give them to `docker … --format`, and what Docker printed for them on the test droplet.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderTemplate } from "./docker/go-template.ts";

const PROBES = readFileSync(new URL("../../src/survey/probes/docker.sh", import.meta.url), "utf8");

describe("the survey's question for what the probes start from", () => {
  const template = /--format '(\{\{\.Id\}\} state[\s\S]*?)'/.exec(PROBES)?.[1] ?? "";
  const Labels = { "com.docker.compose.project": "odoo-ce" };
  const networks = { "odoo-ce_default": { IPAddress: "172.31.0.3" } };

  it("is answered for a container whose port is bound to an address", () => {
    const odoo = {
      Id: "1",
      State: { Status: "running", Pid: 630 },
      HostConfig: {
        PortBindings: {
          "8072/tcp": [{ HostIp: "127.0.0.1", HostPort: "8072" }],
          "8069/tcp": [{ HostIp: "127.0.0.1", HostPort: "8069" }],
        },
      },
      Config: {
        Image: "odoo-prod:14",
        ExposedPorts: { "8069/tcp": {}, "8071/tcp": {} },
        Labels,
        Env: ["HOST=db", "ODOO_RC=/etc/odoo/odoo.conf"],
        Cmd: ["odoo", "--workers=2"],
      },
      NetworkSettings: { Networks: networks },
      Mounts: [{ Destination: "/etc/odoo", Source: "/opt/odoo-ce/config" }],
    };
    expect(renderTemplate(template, odoo)).toBe(`1 state running 630
1 image odoo-prod:14
1 project odoo-ce
1 bound 8069/tcp 127.0.0.1 8069
1 bound 8072/tcp 127.0.0.1 8072
1 exposed 8069/tcp
1 exposed 8071/tcp
1 address 172.31.0.3
1 mount /etc/odoo\t/opt/odoo-ce/config
1 env HOST=db
1 env ODOO_RC=/etc/odoo/odoo.conf
1 word odoo
1 word --workers=2
`);
  });

  it("is answered for one whose port is bound to every address, and that does not run", () => {
    const odoo = {
      Id: "1",
      State: { Status: "created", Pid: 0 },
      HostConfig: { PortBindings: { "8069/tcp": [{ HostIp: "", HostPort: "80" }] } },
      Config: { Image: "odoo-prod:14", ExposedPorts: null, Labels, Env: null, Cmd: null },
      NetworkSettings: { Networks: { bridge: { IPAddress: "" } } },
      Mounts: [],
    };
    expect(renderTemplate(template, odoo)).toBe(`1 state created 0
1 image odoo-prod:14
1 project odoo-ce
1 bound 8069/tcp 127.0.0.1 80
1 address 
`);
  });
});

describe("a template", () => {
  it.each([
    ["{{.ID}}\t{{.Repository}}:{{.Tag}}", "1\todoo:14"],
    ['{{.Label "name"}}', "a label"],
    ["{{json .List}}", '["a","b"]'],
    ['{{index .Map "k"}} {{index .List 1}}', "v b"],
    ["{{range .List}}{{.}},{{else}}none{{end}}", "a,b,"],
    ["{{range .Empty}}{{.}}{{else}}none{{end}}", "none"],
    ["{{range $i, $each := .List}}{{$i}}={{$each}} {{end}}", "0=a 1=b "],
    ['{{if and .ID (eq .ID "1")}}', undefined],
    ["{{if not .Nothing}}no{{end}}{{.Nothing}}", "no<no value>"],
    ["{{nosuch .ID}}", undefined],
    ["{{range .List}}", undefined],
    ["{{$x}}", undefined],
  ])("%s", (template, expected) => {
    const data = {
      ID: "1",
      Repository: "odoo",
      Tag: "14",
      Label: (name: string) => `a label${name === "name" ? "" : " of another"}`,
      List: ["a", "b"],
      Empty: [],
      Map: { k: "v" },
    };
    if (expected === undefined) expect(() => renderTemplate(template, data)).toThrow(/template/);
    else expect(renderTemplate(template, data)).toBe(expected);
  });
});
