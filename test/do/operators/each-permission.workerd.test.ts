import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { beforeAll, describe, expect, it } from "vitest";
import { DENIED_RATE } from "../../../src/do/app-roles/role-messages.js";
import { operatorPermissions, type OperatorPermission } from "../../../src/router/app-roles/app-role-definitions.js";
import { randomId } from "../../../src/shared/random-id.js";
import { appRouter, type AppRouter } from "../../fixtures/app/router.js";
import { copyBrowser, signUp } from "../../fixtures/browser.js";
import { freshRole, reason, signUpWith, type Operator } from "../../fixtures/operators.js";
import { overHttp, overRpc, overSocket, type Transport } from "../../fixtures/transports.js";
import { refusalOf } from "./operate.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
const MISSING = "FORBIDDEN MISSING_PERMISSION";

type Requirement = OperatorPermission | "the system";
type Row = readonly [path: string, kind: "query" | "mutate", requires: Requirement, input?: object];

// A made-up id: a caller who is allowed to does not change anything.
const onUser = { userId: randomId(), reason };
const role = freshRole();

const procedures: readonly Row[] = [
  ["admin.users.list", "query", "user:read", {}],
  ["admin.users.count", "query", "user:read", {}],
  ["admin.users.findByEmail", "query", "user:read", { email: "nobody@example.com" }],
  ["admin.users.get", "query", "user:read", { userId: onUser.userId }],
  ["admin.users.suspend", "mutate", "user:suspend", onUser],
  ["admin.users.unsuspend", "mutate", "user:suspend", onUser],
  ["admin.users.revokeSessions", "mutate", "user:session", onUser],
  ["admin.users.sendPasswordReset", "mutate", "user:mail", onUser],
  ["admin.users.resendVerification", "mutate", "user:mail", onUser],
  ["admin.users.delete", "mutate", "user:delete", onUser],
  ["admin.users.export", "mutate", "user:export", onUser],
  ["admin.users.retryDeadLetter", "mutate", "user:repair", { ...onUser, id: "mail 1" }],
  ["admin.users.create", "mutate", "the system", { email: "new@example.com", emailVerified: true }],
  ["admin.users.createSession", "mutate", "the system", { userId: onUser.userId }],
  ["admin.organizations.list", "query", "organization:read", {}],
  ["admin.organizations.get", "query", "organization:read", { id: onUser.userId }],
  ["admin.organizations.delete", "mutate", "organization:delete", { id: onUser.userId, reason }],
  ["admin.schema.status", "query", "user:read"],
  ["admin.directory.rebuild", "mutate", "directory:rebuild", { reason }],
  ["admin.roles.list", "query", "role:read", {}],
  ["admin.roles.create", "mutate", "role:manage", { name: role, permissions: [] }],
  ["admin.roles.update", "mutate", "role:manage", { name: role, permissions: [] }],
  ["admin.roles.delete", "mutate", "role:manage", { name: role }],
  ["admin.roles.assign", "mutate", "role:assign", { userId: onUser.userId, role, reason }],
  ["admin.roles.unassign", "mutate", "role:assign", { userId: onUser.userId, role, reason }],
  ["admin.audit.list", "query", "audit:read", {}],
  ["admin.import", "mutate", "data:import", { records: [{ type: "unknown" }], reason }],
];

/** The log keeps the first refusals of a user in an hour. */
const { limit } = DENIED_RATE;

/** A new user with a role that was created for it. */
async function withPermissions(permissions: OperatorPermission[]): Promise<Operator> {
  const name = freshRole();
  await system.admin.roles.create({ name, permissions });
  return signUpWith(name);
}

/** Every way to call a procedure of the app. */
const transportsOf = async ({ browser, user }: Operator): Promise<Transport[]> => [
  ...(["single", "batch", "batch-stream"] as const).map((name) => overHttp(copyBrowser(browser), name)),
  await overSocket(copyBrowser(browser), "/trpc?app"),
  overRpc(user.id),
];

const denialsOf = async ({ user }: Operator) => {
  const { items } = await system.admin.audit.list({ actorId: user.id, limit: 100 });
  return items.map(({ action, outcome, target }) => `${action} ${outcome} ${target?.id}`).toReversed();
};

it("is known of every procedure of `admin`", () => {
  const paths = Object.keys(appRouter._def.procedures).filter((path) => path.startsWith("admin."));
  expect(procedures.map(([path]) => path).toSorted()).toEqual(paths.toSorted());
  const required = new Set(procedures.map(([, , requires]) => requires));
  expect([...required].toSorted()).toEqual(["the system", ...operatorPermissions].toSorted());
});

describe.each(operatorPermissions)("%s", (permission) => {
  const own = procedures.filter(([, , requires]) => requires === permission);
  const foreign = procedures.filter(([, , requires]) => requires !== permission);

  it("cannot be replaced by all other permissions together, over any transport, and each refusal is logged", async () => {
    const other = await withPermissions(operatorPermissions.filter((each) => each !== permission));
    const transports = await transportsOf(other);
    for (const [path, kind, , input] of own)
      for (const transport of transports)
        expect(await refusalOf(transport[kind](path, input)), `${path} ${transport.name}`).toBe(MISSING);
    const denials = own.flatMap(([path]) => transports.map(() => `permission.denied denied ${path}`));
    expect(await denialsOf(other)).toEqual(denials.slice(0, limit));
  });

  it("gives its procedures and no others", async () => {
    const holder = overHttp((await withPermissions([permission])).browser, "batch");
    for (const [path, kind, , input] of own)
      expect(await refusalOf(holder[kind](path, input)), path).not.toMatch(/MISSING_PERMISSION|SYSTEM_ONLY/);
    for (const [path, kind, requires, input] of foreign) {
      const refusal = requires === "the system" ? "FORBIDDEN SYSTEM_ONLY" : MISSING;
      expect(await refusalOf(holder[kind](path, input)), path).toBe(refusal);
    }
  });
});

describe("without a role that names one", () => {
  let owner: Operator;
  beforeAll(async () => {
    owner = await signUp();
    await owner.client.organizations.create.mutate({ name: "Acme" });
  });

  it("the owner of an organization is refused every procedure over every transport", async () => {
    const transports = await transportsOf(owner);
    for (const [path, kind, requires, input] of procedures) {
      const refusal = requires === "the system" ? "FORBIDDEN SYSTEM_ONLY" : MISSING;
      for (const transport of transports)
        expect(await refusalOf(transport[kind](path, input)), `${path} ${transport.name}`).toBe(refusal);
    }
    const refused = procedures.filter(([, , requires]) => requires !== "the system");
    const denials = refused.flatMap(([path]) => transports.map(() => `permission.denied denied ${path}`));
    expect(await denialsOf(owner)).toEqual(denials.slice(0, limit));
  });
});
