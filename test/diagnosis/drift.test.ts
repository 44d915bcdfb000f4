// Drift: what Compose would do now differs from what runs. It is told, and never applied.

import { describe, expect, it } from "vitest";
import { type Image, seen, unseen } from "../../src/survey/survey.ts";
import { DB, db, diagnosisOf, ODOO, odoo, project, type Shop } from "./surveys.ts";

const images = (...known: readonly (readonly [string, string])[]) =>
  seen<ReadonlyMap<string, Image>>(
    new Map(known.map(([reference, id]) => [reference, { id, taggedAt: undefined }])),
  );

describe("drift", () => {
  const driftOf = (shop: Shop) => diagnosisOf(shop).drift.map(({ service, what }) => `${service}: ${what}`);

  it("is told of a service whose definition changed", () => {
    expect(driftOf({ containers: [odoo({ configHash: "older" }), db()] })).toEqual([
      expect.stringMatching(/^odoo: its definition .* changed/),
    ]);
  });

  it("is told of a service that is no longer defined", () => {
    expect(driftOf({ projects: [project({ services: seen([ODOO]) })] })).toEqual([
      expect.stringMatching(/^db: is no longer defined/),
    ]);
  });

  it("is told of an image that was tagged anew", () => {
    const containers = [odoo(), db({ imageId: `sha256:${"a".repeat(64)}` })];
    const newer = images(["postgres:13", `sha256:${"b".repeat(64)}`]);
    expect(driftOf({ containers, images: newer })).toEqual([
      expect.stringContaining("aaaaaaaaaaaa then, bbbbbbbbbbbb now"),
    ]);
  });

  it("is told when the files cannot be read at all", () => {
    expect(driftOf({ projects: [project({ services: unseen("no such file") })] })).toEqual([
      expect.stringMatching(/^odoo-ce: the compose files cannot be read.*no such file/),
    ]);
  });

  it("is none where nobody can tell: no hash, an image that is gone", () => {
    const services = seen([{ ...ODOO, configHash: undefined }, DB]);
    expect(driftOf({ projects: [project({ services })], images: images() })).toEqual([]);
    expect(driftOf({ containers: [odoo({ configHash: "" }), db()] })).toEqual([]);
  });

  it("does not make a healthy shop sick, nor a remedy allowed", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo({ configHash: "older" }), db({ imageId: "sha256:older" })],
      images: images(["postgres:13", "sha256:newer"]),
    });
    expect(diagnosis).toMatchObject({ cause: "healthy", ladder: [] });
    expect(diagnosis.drift).toHaveLength(2);
  });

  it("that would break the next `docker compose up` is a warning too", () => {
    const { cause, drift, warnings } = diagnosisOf({
      projects: [project({ services: unseen("yaml: line 3: mapping values are not allowed") })],
    });
    expect(cause).toBe("healthy");
    expect(drift[0]?.breaking).toBe(true);
    expect(warnings).toEqual([expect.stringContaining("yaml: line 3")]);
  });

  it("is none on a host with only Compose v1, which cannot tell and is a warning of its own", () => {
    const { drift, warnings, topology } = diagnosisOf({
      compose: seen({ generation: "v1", version: "1.29.2" }),
      projects: [project({ services: unseen("docker: 'compose' is not a docker command.") })],
    });
    expect(drift).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^only Compose v1 \(1\.29\.2\) is installed/)]);
    expect(topology).toEqual(["Compose is v1 (1.29.2)"]);
  });
});
