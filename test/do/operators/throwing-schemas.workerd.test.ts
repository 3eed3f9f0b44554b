import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { v4 } from "uuid";
import { expect, it } from "vitest";
import type { ImportRecord } from "../../../src/shared/import-record.js";
import type { RegionsRouter } from "../../fixtures/app/regions.js";
import { freshEmail } from "../../fixtures/browser.js";

const system = createCaller<RegionsRouter>(env.PLAIN_DO).asSystem();

it("refuses the records for which a schema of the app throws, and imports the others", async () => {
  const owner = freshEmail();
  const user = (data: object) => ({ type: "user", data: { email: freshEmail(), ...data } });
  const row = (table: string, text: string) => ({ type: "row", user: owner, table, data: { id: v4(), text } });
  const key = (name: string, value: string) => ({ type: "key", user: owner, data: { key: name, value } });
  const organization = (motto: string) => ({
    type: "newOrganization",
    id: v4(),
    name: "Acme",
    owner,
    settings: { motto },
  });
  const records = [
    { type: "user", data: { email: owner, profile: { name: "Ada" }, fields: { plan: "paid" } } },
    user({ profile: { name: "throw" } }),
    user({ fields: { plan: "throw" } }),
    row("fragile", "a"),
    row("fragile", "throw"),
    row("checked", "a"),
    row("checked", "throw"),
    row("checked", "no"),
    key("draft", "throw"),
    key("slug", "throw"),
    organization("throw"),
    organization("Onwards"),
    // What an export has is not parsed, but checked.
    { type: "account", data: { email: freshEmail() } },
    { type: "key", data: { key: "slug", value: "throw" } },
    { type: "row", table: "checked", data: { id: v4(), text: "throw" } },
  ];
  const report = await system.admin.import({ records: records as ImportRecord[], reason: "Moving" });
  expect(report.refused.map(({ index, reason }) => [index, reason])).toEqual([
    [1, "INPUT_INVALID"],
    [2, "INPUT_INVALID"],
    [4, "VALUE_INVALID"],
    [6, "VALUE_INVALID"],
    [7, "VALUE_INVALID"],
    [8, "VALUE_INVALID"],
    [9, "VALUE_INVALID"],
    [10, "INPUT_INVALID"],
    [13, "VALUE_INVALID"],
    [14, "VALUE_INVALID"],
  ]);
  expect(report.imported).toBe(5);
  expect(JSON.stringify(report)).not.toContain("A bug of the app");
});
