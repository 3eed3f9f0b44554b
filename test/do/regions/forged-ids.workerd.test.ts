import { env } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { SignJWT } from "jose";
import { createCaller, createLoadSession, getUserDO } from "trpc-userdo/worker";
import { beforeAll, describe, expect, it } from "vitest";
import type { RegionsRouter } from "../../fixtures/app/regions.js";
import { eventually } from "../../fixtures/eventually.js";
import { countTables, regionsObject, signUpIn, type Resident } from "../../fixtures/regions.js";
import { upgrade } from "../../fixtures/socket.js";

const caller = createCaller<RegionsRouter>(env.REGIONS_DO, { appJurisdiction: "eu" });
const digits = "0123456789abcdef".repeat(2);
const forged = [`mars_${digits}`, `EU_${digits}`, `eu_${digits}0`, "eu_1", `_${digits}`, `eu_us_${digits}`, "eu/user"];

const countObjects = async (): Promise<number> => (await listDurableObjectIds(env.REGIONS_DO)).length;

describe.each(forged)("the forged id %s", (id) => {
  let resident: Resident;

  beforeAll(async () => {
    resident = await signUpIn({ country: "DE" });
    // Starts the object of the app, and waits for that of the directory.
    await eventually(async () => {
      const { items } = await caller.asSystem().admin.users.list({ search: resident.email });
      expect(items).toHaveLength(1);
    });
  });

  it("reaches no object", async () => {
    const { browser, client } = resident;
    const before = await countObjects();

    await expect(client.shared.list.query({ organizationId: id })).rejects.toMatchObject({
      data: { reason: "ORGANIZATION_ID_INVALID" },
    });
    const response = await upgrade(browser, {}, `/regions?organizationId=${encodeURIComponent(id)}`);
    expect(response.status).toBe(400);
    await expect(caller.asSystem().shared.list({ organizationId: id })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(caller.asUser({ userId: id }).notes.list()).rejects.toMatchObject({ reason: "USER_NOT_FOUND" });
    await expect(caller.asSystem().admin.users.get({ userId: id })).rejects.toThrow("This is not an id.");
    expect(() => getUserDO(env.REGIONS_DO, { userId: id })).toThrow("is not a user id");

    const token = await new SignJWT({ sub: id, sid: "0".repeat(32) })
      .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
      .setExpirationTime("5m")
      .sign(new TextEncoder().encode("a secret of the attacker, with 32 bytes"));
    const loadSession = createLoadSession<RegionsRouter>({ binding: "REGIONS_DO" });
    const request = new Request("https://blog.example.com/", { headers: { authorization: `Bearer ${token}` } });
    expect(await loadSession(request, { REGIONS_DO: env.REGIONS_DO })).toBeNull();

    expect(await countObjects()).toBe(before);
  });
});

it.each(["us", "fedramp", undefined] as const)(
  "an organization's id with the jurisdiction replaced by %s is that of no organization, and stores nothing",
  async (jurisdiction) => {
    const { client, user } = await signUpIn({ country: "DE" });
    const { id } = await client.organizations.create.mutate({ name: "Acme" });
    const replaced = (original: string): string =>
      original.replace("eu_", jurisdiction === undefined ? "" : `${jurisdiction}_`);
    const organizationId = replaced(id);
    await expect(client.shared.list.query({ organizationId })).rejects.toMatchObject({
      data: { reason: "NOT_A_MEMBER" },
    });
    expect(await countTables(regionsObject({ type: "organization", id: organizationId }, jurisdiction))).toBe(0);
    await expect(caller.asUser({ userId: replaced(user.id) }).notes.list()).rejects.toMatchObject({
      shape: { data: { reason: "USER_NOT_FOUND" } },
    });
    expect(await countTables(regionsObject({ type: "user", id: replaced(user.id) }, jurisdiction))).toBe(0);
    expect(await client.shared.list.query({ organizationId: id })).toEqual([]);
  },
);
