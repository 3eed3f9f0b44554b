import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { decoyUserId, emailObjectAddress } from "../../src/shared/email-object-address.js";
import { toName } from "../../src/shared/owner.js";
import { appRouter } from "../fixtures/app/router.js";
import { join } from "./join.js";
import { attempts, endsSession, notBetweenMembers } from "./attempts.js";
import { createTenant, type Ids, type Tenant } from "./tenants.js";
import { transports, type Attempt } from "./transports.js";

const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { readonly _def: { readonly type: Attempt["type"] } }>,
).map(([path, { _def }]) => ({ path, type: _def.type }));

let ada: Tenant;
let bob: Tenant;
/** Two members of Ada's organization, with the same role. */
let amy: Tenant;
let abe: Tenant;

beforeAll(async () => {
  [ada, bob, amy, abe] = [
    await createTenant("ada"),
    await createTenant("bob"),
    await createTenant("amy"),
    await createTenant("abe"),
  ];
  const [organizationId = ""] = ada.ids.organizationIds;
  for (const member of [amy, abe]) await join(organizationId, { by: ada, member, email: member.ids.email });
});

/** Everything that is stored under a name. */
const tablesOf = (name: string): Promise<number> =>
  runInDurableObject(env.BLOG_DO.getByName(name), (_instance, { storage }) =>
    Number(
      storage.sql.exec("SELECT count(*) AS n FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").one()["n"],
    ),
  );

/** Ids that do not exist. */
const unknownIds = (): Ids => {
  const id = (): string => crypto.randomUUID().replaceAll("-", "");
  return {
    userId: id(),
    sessionId: id(),
    postId: crypto.randomUUID(),
    carelessId: crypto.randomUUID(),
    email: `${id()}@example.com`,
    password: id(),
    key: id(),
    cursor: "7.0123456789abcdef",
    organizationIds: [id()],
    projectId: crypto.randomUUID(),
    invitationIds: [id()],
  };
};

async function signInAgain({ client, ids }: Tenant): Promise<void> {
  await client.auth.login.mutate({ email: ids.email, password: ids.password });
}

/** Calls a procedure with another tenant's ids over every transport, and returns the responses. */
async function tryAll(
  { path, type }: (typeof procedures)[number],
  { by, other, write = async () => {} }: { by: Tenant; other: Ids; write?: () => Promise<void> },
) {
  const received: { readonly how: string; readonly input: unknown; readonly text: string }[] = [];
  for (const [how, transport] of Object.entries(transports[type])) {
    for (const input of attempts[path]?.(other) ?? []) {
      const places = type === "subscription" ? [undefined, other.cursor] : [undefined];
      for (const lastEventId of places) {
        const text = await transport(by, { path, type, input, lastEventId }, write);
        received.push({ how, input, text });
        if (endsSession.has(path)) await signInAgain(by);
      }
    }
  }
  return received;
}

async function expectIsolated(
  procedure: (typeof procedures)[number],
  { by, victim, ids }: { by: Tenant; victim: Tenant; ids: Ids },
): Promise<void> {
  const before = await victim.state();
  const writes: Promise<void>[] = [];
  const write = (): Promise<void> => {
    // Waits for data that must not arrive.
    const written = victim.write().then(() => scheduler.wait(20));
    writes.push(written);
    return written;
  };
  for (const { how, input, text } of await tryAll(procedure, { by, other: ids, write })) {
    // A response may repeat the caller's own input in an error; members know each other's addresses.
    const own = text.replaceAll(ids.email, "").replaceAll(ids.key, "").replaceAll(ids.password, "");
    expect(own.includes(victim.marker), `${procedure.path} over ${how} with ${JSON.stringify(input)}: ${text}`).toBe(
      false,
    );
  }
  // A rejected call did not wait for it.
  await Promise.all(writes);
  const after = await victim.state();
  if (writes.length > 0) expect(after.posts.map(({ id }) => id)).toEqual(before.posts.map(({ id }) => id));
  else expect(after).toEqual(before);
}

describe("two tenants who know each other's ids", { timeout: 60_000 }, () => {
  it("have an isolation test for every procedure of the app", () => {
    const missing = procedures.map(({ path }) => path).filter((path) => !Object.hasOwn(attempts, path));
    expect(
      missing,
      "Add these to test/isolation/attempts.ts, with the ids of another's that they can be given",
    ).toEqual([]);
    const gone = Object.keys(attempts).filter((path) => !procedures.some((procedure) => procedure.path === path));
    expect(gone, "These are in test/isolation/attempts.ts and no longer in the app").toEqual([]);
  });

  it("are found by the check when a user reads their own data", async () => {
    const found = await tryAll({ path: "posts.list", type: "query" }, { by: bob, other: ada.ids });
    for (const { how, text } of found) if (!/organization|app/.test(how)) expect(text, how).toContain(bob.marker);
  });

  it.each(procedures)("$path reveals nothing to a user of another tenant, and changes nothing of theirs", (procedure) =>
    expectIsolated(procedure, { by: bob, victim: ada, ids: ada.ids }),
  );

  it.each(procedures.filter(({ path }) => !notBetweenMembers.has(path)))(
    "$path reveals nothing of another member's own data, and changes nothing of theirs",
    (procedure) => {
      const organizationIds = ada.ids.organizationIds.slice(0, 1);
      return expectIsolated(procedure, { by: abe, victim: amy, ids: { ...amy.ids, organizationIds } });
    },
  );

  it("creates no object for a made-up id", async () => {
    const ids = unknownIds();
    for (const procedure of procedures) {
      // These create an account, or count the attempts, which is their purpose.
      if (["auth.signup", "auth.login", "auth.changeEmail"].includes(procedure.path)) continue;
      await tryAll(procedure, { by: bob, other: ids });
    }
    const address = await emailObjectAddress(env.INDEX_SECRET, ids.email);
    const decoy = { type: "user", id: await decoyUserId(env.INDEX_SECRET, address.id) } as const;
    const organizations = ids.organizationIds.map((id) => ({ type: "organization", id }) as const);
    for (const each of [{ type: "user", id: ids.userId } as const, address, decoy, ...organizations]) {
      expect(await tablesOf(toName(each)), toName(each)).toBe(0);
    }
  });
});
