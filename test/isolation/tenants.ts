import { openBrowser, signUp } from "../fixtures/browser.js";
import { verify } from "../fixtures/organizations.js";
import { openSocket } from "../fixtures/socket.js";

/** The ids of a tenant's data that another tenant may try. */
export interface Ids {
  readonly userId: string;
  readonly sessionId: string;
  readonly postId: string;
  readonly carelessId: string;
  readonly email: string;
  readonly password: string;
  /** A key that only this tenant has. */
  readonly key: string;
  /** A cursor in the log of their object. */
  readonly cursor: string;
  /** One of their organizations; their user id as an organization's id; and an id that does not exist. */
  readonly organizationIds: readonly string[];
  /** A row of that organization. */
  readonly projectId: string;
  /** An invitation that they created, and a pending one to them. */
  readonly invitationIds: readonly string[];
}

/** A tenant. */
interface State {
  readonly posts: readonly { readonly id: string }[];
  readonly [part: string]: unknown;
}

export type Tenant = Awaited<ReturnType<typeof createTenant>>;

let count = 0;

/** A text that exists nowhere else. */
const canary = (name: string): string => `canary-${name}-${++count}-${crypto.randomUUID()}`;

/** A user with data in every place that can store a user's data, all of it recognizable. */
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
  const careless = (await client.careless.create.mutate({ name: canary(name) }).catch(() => undefined)) as
    | { readonly id: string }
    | undefined;
  const cursor = await cursorOf(browser);
  await verify(email);
  const { id: organizationId } = await client.organizations.create.mutate({ name: canary(name) });
  const { id: projectId } = await client.projects.create.mutate({ organizationId, name: canary(name) });
  const invitation = { organizationId, email: `${canary(name)}@example.com`, role: "member" } as const;
  const { id: invitationId } = await client.organizations.invitations.create.mutate(invitation);
  const organizationIds = [organizationId, user.id, "0".repeat(32)];
  const invitationIds = [invitationId, await invite(email, name)];
  const carelessId = careless?.id ?? postId;
  const ids: Ids = {
    userId: user.id,
    sessionId: session.id,
    postId,
    carelessId,
    email,
    password,
    key,
    cursor,
    organizationIds,
    projectId,
    invitationIds,
  };

  return {
    name,
    browser,
    client,
    ids,
    /** The prefix of everything that no other tenant may see. */
    marker: `canary-${name}-`,
    /** The state of their data, to compare with the state later. */
    async state(): Promise<State> {
      // Runs them together: one batch for each object.
      const [me, sessions, data, posts, notes, kv, organizations, ...organization] = await Promise.all([
        client.auth.me.query(),
        client.sessions.list.query(),
        client.sessions.data.get.query(),
        client.posts.list.query(),
        client.notes.list.query(),
        client.kv.list.query(),
        client.organizations.list.query(),
        client.organizations.get.query({ organizationId }),
        client.organizations.members.list.query({ organizationId }),
        client.organizations.invitations.list.query({ organizationId }),
        client.projects.list.query({ organizationId }),
      ]);
      const named = sessions.map(({ id, name: called }) => ({ id, called }));
      return { user: me.user, sessions: named, data, posts, notes, kv, organizations, organization };
    },
    /** Changes data that others might subscribe to. */
    async write(): Promise<void> {
      await client.posts.update.mutate({ id: postId, title: canary(name) });
      await client.kv.set.mutate({ key, value: canary(name) });
      await client.projects.create.mutate({ organizationId, name: canary(name) });
      await client.notices.send.mutate({ text: canary(name) });
      await client.notices.organization.mutate({ organizationId, text: canary(name) });
    },
  };
}

/** Invites a user to another user's organization, which is named after them. */
async function invite(email: string, name: string): Promise<string> {
  const { client } = await signUp();
  const { id: organizationId } = await client.organizations.create.mutate({ name: canary(name) });
  const invitation = { organizationId, email, role: "member" } as const;
  return (await client.organizations.invitations.create.mutate(invitation)).id;
}

async function cursorOf(browser: ReturnType<typeof openBrowser>): Promise<string> {
  const socket = await openSocket(browser);
  socket.send({ id: 1, method: "subscription", params: { path: "posts.changes", lastEventId: "1.0000000000000000" } });
  const [, reset] = await socket.until(2);
  socket.socket.close();
  return reset?.result?.id ?? "";
}
