import { openBrowser } from "../fixtures/browser.js";
import { openSocket } from "../fixtures/socket.js";

/** What one tenant has that another may ask for. */
export interface Ids {
  readonly userId: string;
  readonly sessionId: string;
  readonly postId: string;
  readonly thingId: string;
  readonly email: string;
  readonly password: string;
  /** A key that is theirs alone. */
  readonly key: string;
  /** A place in the log of their object. */
  readonly cursor: string;
  /** Their user id as an organization's, and one that nobody has. */
  readonly organizationIds: readonly string[];
}

export type Tenant = Awaited<ReturnType<typeof createTenant>>;

let count = 0;

/** A text that is nowhere else. */
const canary = (name: string): string => `canary-${name}-${++count}-${crypto.randomUUID()}`;

/** Somebody with something everywhere that a user can have something, each of it to be recognised. */
export async function createTenant(name: string) {
  const browser = openBrowser();
  const client = browser.client();
  const email = `${canary(name)}@example.com`;
  const password = canary(name);
  const signup = { email, password, profile: { firstName: canary(name), lastName: canary(name) } };
  const { user, session } = await client.auth.signup.mutate(signup);
  await client.sessions.rename.mutate({ id: session.id, name: canary(name).slice(0, 60) });
  await client.sessions.data.set.mutate({ cart: [canary(name)] });
  const key = canary(name);
  await client.kv.set.mutate({ key, value: canary(name) });
  const { id: postId } = await client.posts.create.mutate({ title: canary(name), body: canary(name) });
  await client.notes.create.mutate({ text: canary(name) });
  const thing = (await client.careless.create.mutate({ name: canary(name) }).catch(() => undefined)) as
    | { readonly id: string }
    | undefined;
  const cursor = await cursorOf(browser);
  const organizationIds = [user.id, "0".repeat(32)];
  const thingId = thing?.id ?? postId;
  const ids: Ids = {
    userId: user.id,
    sessionId: session.id,
    postId,
    thingId,
    email,
    password,
    key,
    cursor,
    organizationIds,
  };

  return {
    name,
    browser,
    client,
    ids,
    /** What nobody else may ever see: its beginning. */
    mark: `canary-${name}-`,
    /** What there is of them, to be compared with what there is later. */
    state: async () => ({
      me: (await client.auth.me.query()).user,
      sessions: (await client.sessions.list.query()).map(({ id, name: called }) => ({ id, called })),
      data: await client.sessions.data.get.query(),
      posts: await client.posts.list.query(),
      notes: await client.notes.list.query(),
      kv: await client.kv.list.query(),
    }),
    /** Changes what others might listen to. */
    async write(): Promise<void> {
      await client.posts.update.mutate({ id: postId, title: canary(name) });
      await client.kv.set.mutate({ key, value: canary(name) });
    },
  };
}

async function cursorOf(browser: ReturnType<typeof openBrowser>): Promise<string> {
  const socket = await openSocket(browser);
  socket.send({ id: 1, method: "subscription", params: { path: "posts.changes", lastEventId: "1.0000000000000000" } });
  const [, reset] = await socket.until(2);
  socket.socket.close();
  return reset?.result?.id ?? "";
}
