// Templates as our programs give them to `docker … --format`, and what Docker printed for them on the test droplet.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderTemplate } from "./docker/go-template.ts";

const SURVEY = readFileSync(new URL("../../src/survey/survey.sh", import.meta.url), "utf8");

describe("the survey's question for ports", () => {
  const template = /--format '(\{\{range \$port[\s\S]*?)'/.exec(SURVEY)?.[1] ?? "";
  const networks = { "odoo-ce_default": { IPAddress: "172.31.0.3" } };

  it("is answered for a port that is bound to an address", () => {
    const odoo = {
      HostConfig: {
        PortBindings: {
          "8072/tcp": [{ HostIp: "127.0.0.1", HostPort: "8072" }],
          "8069/tcp": [{ HostIp: "127.0.0.1", HostPort: "8069" }],
        },
      },
      Config: { ExposedPorts: { "8069/tcp": {}, "8071/tcp": {} } },
      NetworkSettings: { Networks: networks },
    };
    expect(renderTemplate(template, odoo)).toBe("bound 127.0.0.1 8069\nexposed\naddress 172.31.0.3\n");
  });

  it("is answered for a port that is bound to every address", () => {
    const odoo = {
      HostConfig: { PortBindings: { "8069/tcp": [{ HostIp: "", HostPort: "80" }] } },
      Config: { ExposedPorts: null },
      NetworkSettings: { Networks: networks },
    };
    expect(renderTemplate(template, odoo)).toBe("bound 127.0.0.1 80\n\naddress 172.31.0.3\n");
  });

  it("is answered for a container that has none", () => {
    const database = {
      HostConfig: { PortBindings: {} },
      Config: { ExposedPorts: { "5432/tcp": {} } },
      NetworkSettings: { Networks: networks },
    };
    expect(renderTemplate(template, database)).toBe("\naddress 172.31.0.3\n");
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
