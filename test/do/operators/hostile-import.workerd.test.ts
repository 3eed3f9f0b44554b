import { env } from "cloudflare:workers";
import type { ImportRecord, ImportReport } from "../../../src/shared/import-record.js";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { v4 } from "uuid";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, signUp } from "../../fixtures/browser.js";
import { refusalOf } from "./operate.js";

const caller = createCaller<AppRouter>(env.BLOG_DO);
const system = caller.asSystem();
const reason = "Moving";

type Options = Partial<Omit<Parameters<typeof system.admin.import>[0], "records" | "reason">>;
const run = (records: readonly unknown[], options: Options = {}): Promise<ImportReport> =>
  system.admin.import({ records: records as ImportRecord[], reason, ...options });

const reasonsOf = ({ refused }: ImportReport) => refused.map(({ index, reason: why }) => [index, why]);

async function asUser(email: string) {
  const found = await system.admin.users.findByEmail({ email });
  return caller.asUser({ userId: found?.userId ?? "" });
}

/** A user with a role that has some permissions. */
async function operatorWith(...permissions: string[]) {
  const operator = await signUp();
  const role = `op-${operator.user.id.slice(0, 12)}`;
  await system.admin.roles.create({ name: role, permissions: permissions as "data:import"[] });
  await system.admin.roles.assign({ userId: operator.user.id, role, reason });
  return { ...operator, role };
}

describe("records without an owner", () => {
  it("do not belong to the account before one that is refused", async () => {
    const email = freshEmail();
    const key = (value: number) => ({ type: "key", data: { key: "draft", value } });
    const report = await run([
      { type: "account", data: { email } },
      { type: "account", data: { email: "nobody" } },
      key(1),
      { type: "organization", data: { status: "member", id: v4(), role: "member" } },
    ]);
    expect(reasonsOf(report)).toEqual([
      [1, "EMAIL_INVALID"],
      [2, "RECORD_INVALID"],
      [3, "RECORD_INVALID"],
    ]);
    expect(await (await asUser(email)).kv.get({ key: "draft" })).toBeNull();
  });
});

it("refuses a type that JSON cannot represent", async () => {
  const loop: unknown[] = [];
  loop.push(loop);
  const report = await run([{ type: 1n }, { type: loop }, { type: new Map() }, { type: { toJSON: 1 } }]);
  expect(report.refused.map((refused) => refused.reason)).toEqual(Array(4).fill("RECORD_INVALID"));
});

describe("an operator with data:import only", () => {
  it("assigns no role", async () => {
    const operator = await operatorWith("data:import");
    const other = await signUp();
    const assignment = { userId: other.user.id, role: operator.role, reason };
    expect(await refusalOf(operator.client.admin.roles.assign.mutate(assignment))).toBe("FORBIDDEN MISSING_PERMISSION");
    const report = await operator.client.admin.import.mutate({
      records: [{ type: "role", user: other.email, role: operator.role }],
      reason,
      existing: "add",
    });
    expect(reasonsOf(report)).toEqual([[0, "MISSING_PERMISSION"]]);
  });

  it("creates no verified account for the address of the first superadmin", async () => {
    const operator = await operatorWith("data:import");
    const report = await operator.client.admin.import.mutate({
      records: [{ type: "user", data: { email: "first.admin@example.com", emailVerified: true } }],
      reason,
    });
    expect(reasonsOf(report)).toEqual([[0, "MISSING_PERMISSION"]]);
    expect(await system.admin.users.findByEmail({ email: "first.admin@example.com" })).toBeNull();
  });
});

it("is recorded, if the operator loses the permission meanwhile", async () => {
  const operator = await operatorWith("data:import");
  const emails = Array.from({ length: 30 }, freshEmail);
  const records = emails.map((email) => ({ type: "user" as const, data: { email } }));
  const ended = operator.client.admin.import.mutate({ records, reason }).catch(() => undefined);
  const [first = ""] = emails;
  await expect.poll(() => system.admin.users.findByEmail({ email: first }), { timeout: 20_000 }).not.toBeNull();
  await system.admin.roles.unassign({ userId: operator.user.id, role: operator.role, reason });
  await ended;
  const { items } = await system.admin.audit.list({ actorId: operator.user.id, action: "data.import" });
  expect(items).toMatchObject([{ detail: "30 imported, 0 unchanged, 0 refused" }]);
});

describe("an account that the import did not create", () => {
  it("gets no role and no membership, unless it is told to", async () => {
    const [owner, stranger] = [freshEmail(), await signUp()];
    const organization = v4();
    const records = [
      { type: "user", data: { email: owner } },
      { type: "newOrganization", id: organization, name: "Acme", owner },
      { type: "member", organization, user: stranger.email, role: "editor" },
      { type: "role", user: stranger.email, role: "support" },
    ];
    expect(reasonsOf(await run(records))).toEqual([
      [2, "EMAIL_TAKEN"],
      [3, "EMAIL_TAKEN"],
    ]);
    expect((await run(records, { existing: "add" })).refused).toEqual([]);
  });
});

it("adds nothing to an organization of another owner with the same id", async () => {
  const [ada, bob] = [freshEmail(), freshEmail()];
  const id = v4();
  const of = (email: string) => [
    { type: "user", data: { email } },
    { type: "newOrganization", id, name: email, owner: email },
    { type: "row", organization: id, table: "projects", data: { id: email, name: email } },
  ];
  await run(of(ada));
  expect(reasonsOf(await run(of(bob)))).toEqual([
    [1, "ALREADY_MEMBER"],
    [2, "ALREADY_MEMBER"],
  ]);
});
