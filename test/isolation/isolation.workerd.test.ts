import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { decoyUserId, emailAddressOf } from "../../src/shared/email-index.js";
import { toName } from "../../src/shared/owner.js";
import { appRouter } from "../fixtures/app/router.js";
import { attempts, endsSession } from "./attempts.js";
import { createTenant, type Ids, type Tenant } from "./tenants.js";
import { transports, type Attempt } from "./transports.js";

const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { readonly _def: { readonly type: Attempt["type"] } }>,
).map(([path, { _def }]) => ({ path, type: _def.type }));

let ada: Tenant;
let bob: Tenant;

beforeAll(async () => {
  ada = await createTenant("ada");
  bob = await createTenant("bob");
});

/** All that is stored under a name. */
const tablesOf = (name: string): Promise<number> =>
  runInDurableObject(env.BLOG_DO.getByName(name), (_instance, { storage }) =>
    Number(
      storage.sql.exec("SELECT count(*) AS n FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").one()["n"],
    ),
  );

/** Ids that nobody has. */
const madeUp = (): Ids => {
  const id = (): string => crypto.randomUUID().replaceAll("-", "");
  return {
    userId: id(),
    sessionId: id(),
    postId: crypto.randomUUID(),
    thingId: crypto.randomUUID(),
    email: `${id()}@example.com`,
    password: id(),
    key: id(),
    cursor: "7.0123456789abcdef",
    organizationIds: [id()],
  };
};

async function signInAgain({ client, ids }: Tenant): Promise<void> {
  await client.auth.login.mutate({ email: ids.email, password: ids.password });
}

/** Calls a procedure with another's ids in every way there is, and answers what came back. */
async function tryAll({ path, type }: (typeof procedures)[number], other: Ids, write: () => Promise<void>) {
  const told: { readonly how: string; readonly input: unknown; readonly text: string }[] = [];
  for (const [how, transport] of Object.entries(transports[type])) {
    for (const input of attempts[path]?.(other) ?? []) {
      const places = type === "subscription" ? [undefined, other.cursor] : [undefined];
      for (const lastEventId of places) {
        const text = await transport(bob, { path, type, input, lastEventId }, write);
        told.push({ how, input, text });
        if (endsSession.has(path)) await signInAgain(bob);
      }
    }
  }
  return told;
}

describe("two tenants who know each other's ids", { timeout: 60_000 }, () => {
  it("P8 every procedure of the app is tried here", () => {
    const missing = procedures.map(({ path }) => path).filter((path) => !Object.hasOwn(attempts, path));
    expect(
      missing,
      "Add these to test/isolation/attempts.ts, with the ids of another's that they can be given",
    ).toEqual([]);
    const gone = Object.keys(attempts).filter((path) => !procedures.some((procedure) => procedure.path === path));
    expect(gone, "These are in test/isolation/attempts.ts and no longer in the app").toEqual([]);
  });

  it("P8 what is looked for would be found", async () => {
    const found = await tryAll({ path: "posts.list", type: "query" }, ada.ids, ada.write);
    for (const { how, text } of found) expect(text, how).toContain(bob.mark);
  });

  it.each(procedures)(
    "P8 $path tells nobody anything of another's, and changes nothing of theirs",
    async (procedure) => {
      const before = await ada.state();
      let wrote = false;
      const write = async (): Promise<void> => {
        wrote = true;
        await ada.write();
        // Time for what must not come.
        await new Promise((resolve) => setTimeout(resolve, 20));
      };
      for (const { how, input, text } of await tryAll(procedure, ada.ids, write)) {
        // What they said themselves may come back to them, in the words of a refusal.
        const own = text.replaceAll(ada.ids.email, "").replaceAll(ada.ids.key, "").replaceAll(ada.ids.password, "");
        expect(own.includes(ada.mark), `${procedure.path} over ${how} with ${JSON.stringify(input)}: ${text}`).toBe(
          false,
        );
      }
      const after = await ada.state();
      if (wrote) expect(after.posts.map(({ id }) => id)).toEqual(before.posts.map(({ id }) => id));
      else expect(after).toEqual(before);
    },
  );

  it("P7 D5 ids that nobody has make no object", async () => {
    const ids = madeUp();
    for (const procedure of procedures) {
      // These make an account, or count who tries to: that is what they are for.
      if (["auth.signup", "auth.login", "auth.changeEmail"].includes(procedure.path)) continue;
      await tryAll(procedure, ids, async () => {});
    }
    const address = await emailAddressOf(env.INDEX_SECRET, ids.email);
    const decoy = { type: "user", id: await decoyUserId(env.INDEX_SECRET, address.id) } as const;
    const organizations = ids.organizationIds.map((id) => ({ type: "organization", id }) as const);
    for (const each of [{ type: "user", id: ids.userId } as const, address, decoy, ...organizations]) {
      expect(await tablesOf(toName(each)), toName(each)).toBe(0);
    }
  });
});
