import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { createCaller } from "../../../src/worker/create-caller.js";
import { errorReason } from "../../../src/shared/error-reason.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { addressName, listed, untilIdle, signUpVerified, storedIn } from "../../fixtures/organizations.js";
import { isWithinInvitationLimits } from "../../../src/do/organizations/waiting-invitations.js";

const LIMIT = 10;
const DAY = 24 * 60 * 60_000;

type Person = Awaited<ReturnType<typeof signUp>>;

let inviter: Person;

beforeEach(async () => {
  inviter = await signUp();
});

afterEach(() => void vi.useRealTimers());

async function createOrganizations({ client }: Pick<Person, "client">, count: number): Promise<string[]> {
  const created = await Promise.all(
    Array.from({ length: count }, () => client.organizations.create.mutate({ name: "Acme" })),
  );
  return created.map(({ id }) => id);
}

const invite = (organizationId: string, email: string, { client }: Pick<Person, "client"> = inviter) =>
  client.organizations.invitations.create.mutate({ organizationId, email, role: "member" });

const outcomesOf = (organizationIds: readonly string[], email: string, by = inviter) =>
  Promise.all(organizationIds.map(async (id) => String(await codeOf(invite(id, email, by)))));

const refusals = (outcomes: readonly string[]) => outcomes.filter((code) => code === "TOO_MANY_REQUESTS").length;

describe("invitations to one address", () => {
  it("are at most ten of one inviter, from all organizations together, also when all are sent at once", async () => {
    const person = await signUpVerified();
    const outcomes = await outcomesOf(await createOrganizations(inviter, 20), person.email);
    expect(outcomes.filter((code) => code === "none")).toHaveLength(LIMIT);
    expect(refusals(outcomes)).toBe(20 - LIMIT);
    await untilIdle(await addressName(person.email));
    await eventually(async () => expect((await listed(person)).size).toBe(LIMIT));
  });

  it("are rejected with the same reason whether or not the address has an account", async () => {
    const organizationIds = await createOrganizations(inviter, LIMIT + 1);
    const errors = [];
    for (const email of [freshEmail(), (await signUp()).email, (await signUpVerified()).email]) {
      for (const id of organizationIds.slice(0, LIMIT)) await invite(id, email);
      const error: unknown = await invite(organizationIds[LIMIT] ?? "", email).catch((cause: unknown) => cause);
      expect(errorReason(error)).toBe("TOO_MANY_INVITATIONS");
      errors.push(String(error));
    }
    expect(new Set(errors).size).toBe(1);
  });

  it("are still counted after the objects were evicted", async () => {
    const email = freshEmail();
    const [last = "", ...organizationIds] = await createOrganizations(inviter, LIMIT + 1);
    await outcomesOf(organizationIds, email);
    await evictDurableObject(env.BLOG_DO.getByName(await addressName(email)));
    expect(await codeOf(invite(last, email))).toBe("TOO_MANY_REQUESTS");
  });

  it("are counted per inviter, so that one cannot consume the limit of others", async () => {
    const email = freshEmail();
    await outcomesOf(await createOrganizations(inviter, LIMIT + 1), email);
    const other = await signUp();
    const [organizationId = ""] = await createOrganizations(other, 1);
    expect(await codeOf(invite(organizationId, email, other))).toBe("none");
  });

  it("can be sent again, or with another role, at the limit", async () => {
    const email = freshEmail();
    const organizationIds = await createOrganizations(inviter, LIMIT);
    await outcomesOf(organizationIds, email);
    const [organizationId = ""] = organizationIds;
    const { id: invitationId } = await invite(organizationId, email);
    const { invitations } = inviter.client.organizations;
    await invitations.resend.mutate({ organizationId, invitationId });
    const replaced = await invitations.create.mutate({ organizationId, email, role: "admin" });
    expect(replaced.role).toBe("admin");
    await untilIdle(`organization:${organizationId}`);
  });

  it("no longer count once they are declined, cancelled or expired", async () => {
    const person = await signUpVerified();
    const organizationIds = await createOrganizations(inviter, LIMIT + 2);
    const [first = "", , ...rest] = organizationIds;
    const { id: invitationId } = await invite(first, person.email);
    await outcomesOf(rest.slice(1), person.email);
    expect(await codeOf(invite(rest[0] ?? "", person.email))).toBe("TOO_MANY_REQUESTS");
    await inviter.client.organizations.invitations.cancel.mutate({ organizationId: first, invitationId });
    await untilIdle(`organization:${first}`);
    expect(await codeOf(invite(rest[0] ?? "", person.email))).toBe("none");

    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 8 * DAY });
    const system = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: inviter.user.id });
    const input = { organizationId: first, email: person.email, role: "member" } as const;
    expect((await system.organizations.invitations.create(input)).email).toBe(person.email);
  });

  it("leave nothing at an address when the organization could not store them", async () => {
    const email = freshEmail();
    const stub = env.BLOG_DO.getByName(await addressName(email));
    expect(await stub.internal({ op: "admitInvitation", organizationId: "a", inviterId: "b" })).toBe(true);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    await runDurableObjectAlarm(stub);
    expect(await storedIn(await addressName(email))).toBe("");
  });
});

describe("the limits of invitations to one address", () => {
  const from = (inviterId: string | undefined, count: number, name = inviterId ?? "app") =>
    Array.from({ length: count }, (_each, index) => ({ organizationId: `${name} ${index}`, inviterId }));

  it.each([
    ["the first", "ada", [], true],
    ["one inviter's tenth", "ada", from("ada", 9), true],
    ["one inviter's eleventh", "ada", from("ada", 10), false],
    ["another inviter's", "bob", from("ada", 10), true],
    ["the fiftieth of several", "eve", ["a", "b", "c", "d", "e", "f", "g"].flatMap((id) => from(id, 7)), true],
    ["the fifty-first of several", "eve", ["a", "b", "c", "d", "e"].flatMap((id) => from(id, 10)), false],
    ["the app's own eleventh", undefined, from(undefined, 10), true],
    ["the app's own fifty-first", undefined, from(undefined, 50), false],
  ])("%s", (_name, inviterId, waiting, isAllowed) => {
    expect(isWithinInvitationLimits({ organizationId: "new", inviterId }, waiting)).toBe(isAllowed);
  });

  it("always allow an invitation that replaces one of the same organization", () => {
    expect(isWithinInvitationLimits({ organizationId: "ada 3", inviterId: "ada" }, from("ada", 10))).toBe(true);
  });
});
