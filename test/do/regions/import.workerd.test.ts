import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { v4 } from "uuid";
import { afterEach, describe, expect, it } from "vitest";
import type { ImportRecord } from "../../../src/shared/import-record.js";
import { deployed, refusedJurisdictions, type RegionsRouter } from "../../fixtures/app/regions.js";
import { freshEmail } from "../../fixtures/browser.js";

const reason = "Moving";
const system = createCaller<RegionsRouter>(env.REGIONS_DO, { appJurisdiction: "eu" }).asSystem();

afterEach(() => {
  refusedJurisdictions.clear();
  Object.assign(deployed, { jurisdiction: undefined });
});

async function run(records: readonly unknown[], existing: "refuse" | "add" = "refuse", to = system) {
  const report = await to.admin.import({ records: records as ImportRecord[], reason, existing });
  return [report.imported, report.unchanged, report.refused.map(({ index, reason: why }) => [index, why])] as const;
}

const user = (email: string, region?: string) => ({ type: "user", data: { email, profile: { region } } });

describe("an import into an app with several jurisdictions", () => {
  it("finds its organizations in later calls, although the platform refuses a jurisdiction", async () => {
    refusedJurisdictions.add("fedramp").add("fedramp-high");
    const [owner, member] = [freshEmail(), freshEmail()];
    const organization = v4();
    const created = [user(owner, "US"), { type: "newOrganization", id: organization, name: "Acme", owner }];
    expect(await run(created)).toEqual([2, 0, []]);
    expect(await run(created)).toEqual([0, 2, []]);
    const rest = [
      user(member, "DE"),
      { type: "member", organization, user: member, role: "member" },
      { type: "row", organization, table: "notes", data: { id: "1", text: "Hello" } },
    ];
    expect(await run(rest)).toEqual([3, 0, []]);
    expect(await run(rest)).toEqual([0, 3, []]);
  });

  it("refuses the records of an organization in a jurisdiction that the platform refuses", async () => {
    refusedJurisdictions.add("fedramp");
    const email = freshEmail();
    const organization = `fedramp_${"0".repeat(32)}`;
    const records = [
      user(email),
      { type: "member", organization, user: email, role: "member" },
      { type: "row", organization, table: "notes", data: { id: "1", text: "Hello" } },
    ];
    const refused = [1, 2].map((index) => [index, "ORGANIZATION_NOT_FOUND"]);
    expect(await run(records)).toEqual([1, 0, refused]);
    expect(await run(records, "add")).toEqual([0, 1, refused]);
  });

  it("gives an organization to one of the owners that parallel imports name", async () => {
    const emails = [freshEmail(), freshEmail(), freshEmail(), freshEmail()];
    await run(emails.map((email, index) => user(email, ["DE", "US"][index % 2])));
    const id = v4();
    const reports = await Promise.all(
      emails.map((owner) => run([{ type: "newOrganization", id, name: "Acme", owner }])),
    );
    expect(reports.filter(([imported]) => imported === 1)).toHaveLength(1);
    const lists = await Promise.all(
      emails.map(async (email) => {
        const { userId = "" } = (await system.admin.users.findByEmail({ email })) ?? {};
        const caller = createCaller<RegionsRouter>(env.REGIONS_DO, { appJurisdiction: "eu" });
        return caller.asUser({ userId }).organizations.list();
      }),
    );
    expect(lists.flat()).toHaveLength(1);
  });
});

describe("an import into an app that has removed its jurisdiction", () => {
  it("finds the users and organizations that it restricted before", async () => {
    const plain = createCaller<RegionsRouter>(env.PLAIN_DO).asSystem();
    const [owner, member] = [freshEmail(), freshEmail()];
    const organization = v4();
    const account = (email: string) => ({ type: "user", data: { email } });
    deployed.jurisdiction = "eu";
    const before = [account(owner), { type: "newOrganization", id: organization, name: "Acme", owner }];
    expect(await run(before, "refuse", plain)).toEqual([2, 0, []]);
    deployed.jurisdiction = undefined;
    expect(await run(before, "refuse", plain)).toEqual([0, 2, []]);
    const row = { type: "row", table: "notes", data: { id: "1", text: "Hello" } };
    const rest = [
      account(member),
      { type: "member", organization, user: member, role: "member" },
      { ...row, organization },
      { ...row, user: owner },
    ];
    expect(await run(rest, "refuse", plain)).toEqual([4, 0, []]);
    const { userId = "" } = (await plain.admin.users.findByEmail({ email: owner })) ?? {};
    expect(userId).toMatch(/^eu_/);
    const [acme] = await createCaller<RegionsRouter>(env.PLAIN_DO).asUser({ userId }).organizations.list();
    expect(acme?.id).toMatch(/^eu_/);
    expect(await run([{ ...row, organization: acme?.id, data: { id: "2", text: "Hi" } }], "add", plain)).toEqual([
      1,
      0,
      [],
    ]);
  });
});
