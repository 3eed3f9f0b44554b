import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { freshEmail, openBrowser, password, type Browser } from "../../fixtures/browser.js";
import { expectConsistency } from "./consistency.js";
import { mailedTo } from "./people.js";
import { runAlarms, stopEverywhere, type StoredObject } from "./stop-everywhere.js";

async function signUp() {
  const browser = openBrowser();
  const client = browser.client("batch", "/crash");
  const email = freshEmail();
  const { user } = await client.auth.signup.mutate({ email, password });
  await client.auth.verifyEmail.mutate({ token: await mailedTo(email, "verifyEmail") });
  return { browser, client, email, user };
}
type Person = Awaited<ReturnType<typeof signUp>>;

/** Sends a mutation with a key, and returns the result. */
async function post({ fetch }: Pick<Browser, "fetch">, path: string, input: unknown, key: string): Promise<string> {
  const response = await fetch(`/crash/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(superjson.serialize(input)),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

const resultOf = (text: string): unknown =>
  superjson.deserialize((JSON.parse(text) as { result: { data: never } }).result.data);

interface World {
  readonly key: string;
  readonly startedAt: number;
  readonly organizationId: string;
  readonly invitationId: string;
}

interface People {
  readonly ada: Person;
  readonly bob: Person;
  readonly organizationId: string;
}

interface KeyedCall {
  readonly path: string;
  readonly by: "ada" | "bob";
  prepare?(people: People): Promise<Partial<World>>;
  input(world: World, people: People): unknown;
  /** The reason of the error if the object was stopped while it erased itself, and with it the key. */
  readonly reasonIfErased?: string;
  /** Checks that the mutation took effect once, and undoes it for the next try. */
  check(world: World, people: People, reply: unknown, stored: readonly StoredObject[]): Promise<unknown>;
}

const invite = async ({ ada, bob, organizationId }: People) => {
  const create = ada.client.organizations.invitations.create;
  return { invitationId: (await create.mutate({ organizationId, email: bob.email, role: "editor" })).id };
};

const join = async (people: People) => {
  const { invitationId } = await invite(people);
  await runAlarms();
  await people.bob.client.organizations.invitations.accept.mutate({ invitationId });
  return {};
};

const invitationsOf = ({ ada, organizationId }: People) =>
  ada.client.organizations.invitations.list.query({ organizationId });

const calls: readonly KeyedCall[] = [
  {
    path: "organizations.create",
    by: "ada",
    input: () => ({ name: "Once" }),
    async check(_world, { ada }, reply) {
      const listed = (await ada.client.organizations.list.query()).filter(({ name }) => name === "Once");
      expect(listed).toMatchObject([{ id: (reply as { id: string }).id, role: "owner" }]);
      for (const { id: organizationId } of listed) {
        await ada.client.projects.create.mutate({ organizationId, name: "One" });
        await ada.client.organizations.delete.mutate({ organizationId });
      }
    },
  },
  {
    path: "organizations.delete",
    by: "ada",
    reasonIfErased: "NOT_A_MEMBER",
    prepare: async ({ ada }) => ({
      organizationId: (await ada.client.organizations.create.mutate({ name: "Ends" })).id,
    }),
    input: ({ organizationId }) => ({ organizationId }),
    async check({ organizationId }, { ada }) {
      const ids = (await ada.client.organizations.list.query()).map(({ id }) => id);
      expect(ids).not.toContain(organizationId);
    },
  },
  {
    path: "organizations.leave",
    by: "bob",
    prepare: join,
    input: ({ organizationId }) => ({ organizationId }),
    check: async (_world, { bob }) => expect(await bob.client.organizations.list.query()).toEqual([]),
  },
  {
    path: "organizations.invitations.create",
    by: "ada",
    input: ({ organizationId }, { bob }) => ({ organizationId, email: bob.email, role: "editor" }),
    async check({ organizationId }, people, reply) {
      const { id: invitationId } = reply as { id: string };
      expect((await invitationsOf(people)).map(({ id }) => id)).toEqual([invitationId]);
      await people.ada.client.organizations.invitations.cancel.mutate({ organizationId, invitationId });
    },
  },
  {
    path: "organizations.invitations.accept",
    by: "bob",
    prepare: invite,
    input: ({ invitationId }) => ({ invitationId }),
    async check({ organizationId }, people, reply) {
      expect(reply).toMatchObject({ status: "member", id: organizationId, role: "editor" });
      await people.bob.client.organizations.leave.mutate({ organizationId });
    },
  },
  {
    path: "organizations.invitations.decline",
    by: "bob",
    prepare: invite,
    input: ({ invitationId }) => ({ invitationId }),
    check: async (_world, people) => expect(await invitationsOf(people)).toEqual([]),
  },
  {
    path: "organizations.invitations.declineAll",
    by: "bob",
    prepare: invite,
    input: () => undefined,
    async check(_world, people, reply) {
      expect(reply).toBe(1);
      expect(await invitationsOf(people)).toEqual([]);
    },
  },
  {
    path: "auth.changeEmail",
    by: "ada",
    input: ({ key }) => ({ email: `new-${key}@example.com`, password }),
    async check({ startedAt }, { ada }) {
      const { items } = await ada.client.account.audit.list.query({ action: "email.changeRequest" });
      expect(items.filter(({ at }) => at.getTime() >= startedAt)).toHaveLength(1);
    },
  },
  {
    path: "account.update",
    by: "ada",
    input: ({ key }) => ({ profile: { firstName: key } }),
    async check({ key }, { ada }, reply) {
      expect(reply).toMatchObject({ profile: { firstName: key } });
      const { items } = await ada.client.account.audit.list.query({ action: "profile.update", limit: 1 });
      expect(items).toHaveLength(1);
    },
  },
  {
    path: "kv.increment",
    by: "ada",
    input: ({ key }) => ({ key }),
    async check({ key }, { ada }, reply) {
      expect(reply).toBe(1);
      expect(await ada.client.kv.get.query({ key })).toBe(1);
    },
  },
];

describe("a built-in mutation that is stopped after each step", { timeout: 480_000 }, () => {
  it.each(calls)("has one effect and one reply when it is sent again: $path", async (call) => {
    const stops = await stopEverywhere<World, People>({
      cleanUp: false,
      async once() {
        const [ada, bob] = [await signUp(), await signUp()];
        return { ada, bob, organizationId: (await ada.client.organizations.create.mutate({ name: "Acme" })).id };
      },
      async before(people) {
        const prepared = await call.prepare?.(people);
        await runAlarms();
        const world = { organizationId: people.organizationId, invitationId: "", ...prepared };
        return Object.assign(world, { key: crypto.randomUUID(), startedAt: Date.now(), people });
      },
      run: (world) => send(world),
      again: (world) => send(world),
      async after(world, stored) {
        // A mail that waits while the clock is moved becomes a dead letter.
        if (call.path.startsWith("organizations.")) expectConsistency(stored);
        const first = await send(world);
        expect(await send(world)).toBe(first);
        const { people } = world as World & { readonly people: People };
        await runAlarms();
        await call.check(world, people, first === "" ? undefined : resultOf(first), stored);
        await runAlarms();
      },
    });
    expect(stops.length).toBeGreaterThan(1);

    function send(world: World): Promise<string> {
      const { people } = world as World & { readonly people: People };
      const sent = post(people[call.by].browser, call.path, call.input(world, people), world.key);
      const { reasonIfErased } = call;
      if (reasonIfErased === undefined) return sent;
      return sent.catch((error: unknown) => {
        if (String(error).includes(reasonIfErased)) return "";
        throw error;
      });
    }
  });
});
