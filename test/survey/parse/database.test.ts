// What PostgreSQL tells of itself, or why it does not.

import { describe, expect, it } from "vitest";
import { parseDatabases } from "../../../src/survey/parse/database.ts";
import { unseen } from "../../../src/survey/survey.ts";
import { part } from "../part.ts";

const ACTIVITY = { version: "13", recovering: false, connections: 1, most: 100, sessions: [] };
const read = (body: string) => parseDatabases([part("database", "id", body)]).get("id");

describe("a database", () => {
  it("whose answer is there is read", () => {
    expect(read(`activity=${JSON.stringify(ACTIVITY)}\n`)).toEqual({
      observed: true,
      value: {
        version: "13",
        recovering: false,
        connections: 1,
        mostConnections: 100,
        sessions: [],
        odoo: [],
      },
    });
  });

  it.each([
    ["", "the container does not run"],
    ["exit=124\n", "PostgreSQL gave no answer in time"],
    ["exit=137\n", "PostgreSQL gave no answer in time"],
    [
      'error=psql: error: FATAL:  role "root" does not exist \n',
      'psql: error: FATAL:  role "root" does not exist',
    ],
    [
      'OCI runtime exec failed: exec: "timeout": executable file not found\nexit=126\n',
      'OCI runtime exec failed: exec: "timeout": executable file not found\nexit=126',
    ],
    ["activity={\nexit=1\n", "what PostgreSQL said could not be read"],
    ['activity={"version":"13"}\n', "what PostgreSQL said could not be read"],
    [
      `activity=${JSON.stringify({ ...ACTIVITY, connections: "many" })}\n`,
      "what PostgreSQL said could not be read",
    ],
  ])("that says %j is not observed, with the reason", (body, why) => {
    expect(read(body)).toEqual(unseen(why));
  });

  it("keeps a session whose text is missing: PostgreSQL hides what belongs to others", () => {
    const session = {
      pid: 7,
      database: null,
      application: null,
      address: null,
      state: null,
      waits: null,
      seconds: null,
      blockedBy: [],
      statement: null,
    };
    expect(read(`activity=${JSON.stringify({ ...ACTIVITY, sessions: [session] })}\n`)).toMatchObject({
      value: { sessions: [{ pid: 7, database: "", seconds: 0, statement: "" }] },
    });
  });

  it("holds an Odoo only where its modules could be read", () => {
    const modules = { installed: 3, pending: [], recent: [] };
    const body = `activity=${JSON.stringify(ACTIVITY)}\nmodules=a\t${JSON.stringify(modules)}\nmodules=b\t\nmodules=c\tERROR\nmodules=d\n`;
    expect(read(body)).toMatchObject({ value: { odoo: [{ name: "a", installed: 3 }] } });
  });

  it("may have a name with anything in it but a tab", () => {
    const modules = JSON.stringify({
      installed: 3,
      pending: [],
      recent: [{ name: "a\tb", state: "x", at: 1_714_550_000 }],
    });
    expect(read(`activity=${JSON.stringify(ACTIVITY)}\nmodules=a=b 'c'\t${modules}\n`)).toMatchObject({
      value: { odoo: [{ name: "a=b 'c'", recent: [{ at: 1_714_550_000_000 }] }] },
    });
  });
});
