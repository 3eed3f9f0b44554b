import { openBrowser, openSocket, type Browser } from "./browser.js";
import type { StoredSockets } from "./app/stored-sockets.js";

export const password = "correct horse battery";

/** All that a test knows about a stored release. */
export interface Contents {
  /** In milliseconds since the epoch. */
  readonly storedAt: number;
  readonly ada: Person;
  readonly ben: Person;
  /** A second browser of Ada. */
  readonly phone: readonly (readonly [string, string])[];
  readonly organizationId: string;
  readonly postIds: { readonly kept: string; readonly deleted: string };
  /** A position in the log of Ada's posts, from before the last changes. */
  readonly cursor: string;
  readonly sockets: StoredSockets;
  /** A socket with more subscriptions than fit beside it. */
  readonly fullSocket: StoredSockets;
}

interface Person {
  readonly email: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly cookies: readonly (readonly [string, string])[];
}

/** More than fits into an attachment. */
const MANY = 150;

/** Uses a running app as its users do, and leaves waiting messages that cannot be delivered. */
export async function fillStorage(port: number): Promise<Contents> {
  const ada = await signUp(port, "ada@example.com");
  const ben = await signUp(port, "ben@example.com");
  const phone = openBrowser(port);
  await phone.http.auth.login.mutate({ email: ada.email, password });
  await ada.http.account.update.mutate({ profile: { firstName: "Ada", born: new Date("1815-12-10T00:00:00Z") } });
  await ada.http.sessions.data.set.mutate({ cart: ["tea"] });
  await ada.http.kv.set.mutate({ key: "preferences", value: { theme: "dark", since: new Date(86_400_000) } });
  await ada.http.kv.set.mutate({ key: "brief", value: "gone", ttl: 1 });
  await ada.http.kv.increment.mutate({ key: "visits" });
  await ada.http.things.create.mutate({ name: "one", stars: 5, price: 1.5, sold: true, ...extremes });
  const [kept, deleted] = await Promise.all(
    ["kept", "deleted"].map((title) => ada.http.posts.create.mutate({ title, body: "…" })),
  );
  const organization = await ada.http.organizations.create.mutate({ name: "Household", settings: { plan: "paid" } });
  const organizationId = organization.id;
  await joinAsMember(ada, ben, organizationId);
  await ada.http.organizations.invitations.create.mutate({ organizationId, email: "carol@example.com", role: "admin" });
  await ada.http.projects.create.mutate({ organizationId, name: "Garden" });
  await ben.http.projects.create.mutate({ organizationId, name: "Roof" });
  await ada.http.projects.setTheme.mutate({ organizationId });

  const { sockets, cursor } = await readSockets(port, ada, 1);
  const { sockets: fullSocket } = await readSockets(port, ada, MANY);
  await ada.http.posts.rename.mutate({ id: kept!.id, title: "renamed" });
  await ada.http.posts.delete.mutate({ id: deleted!.id });

  await fetch(`http://127.0.0.1:${port}/cut-off`);
  await ada.http.organizations.update.mutate({ organizationId, name: "Home" });
  await ada.http.organizations.members.setRole.mutate({ organizationId, userId: ben.userId, role: "admin" });
  await ben.http.auth.changePassword.mutate({ currentPassword: password, newPassword: `${password} 2` });
  return {
    storedAt: Date.now(),
    ada: personOf(ada),
    ben: personOf(ben),
    phone: [...phone.cookies],
    organizationId,
    postIds: { kept: kept!.id, deleted: deleted!.id },
    cursor,
    sockets,
    fullSocket,
  };
}

/** Values at the limits of their columns. */
export const extremes = {
  at: new Date("1969-12-31T23:59:59.999Z"),
  big: 2n ** 63n - 1n,
  bytes: Uint8Array.of(0, 127, 255),
  kind: "high" as const,
  tags: ["a", "'; --", "\u{1f980}"],
  details: { nested: { since: new Date(0), ids: new Set([1n]) } },
};

interface SignedUp extends Browser {
  readonly email: string;
  readonly userId: string;
  readonly sessionId: string;
}

async function signUp(port: number, email: string): Promise<SignedUp> {
  const browser = openBrowser(port);
  const { user, session } = await browser.http.auth.signup.mutate({ email, password });
  const token = await mailedToken(port, email);
  await browser.http.auth.verifyEmail.mutate({ token });
  return { ...browser, email, userId: user.id, sessionId: session.id };
}

async function mailedToken(port: number, email: string): Promise<string> {
  for (;;) {
    const mails = (await (await fetch(`http://127.0.0.1:${port}/mails`)).json()) as { to: string; token?: string }[];
    const token = mails.find(({ to }) => to === email)?.token;
    if (token) return token;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function joinAsMember(owner: SignedUp, member: SignedUp, organizationId: string): Promise<void> {
  const { email } = member;
  await owner.http.organizations.invitations.create.mutate({ organizationId, email, role: "member" });
  const [invited] = await member.http.organizations.list.query();
  if (invited?.status !== "invited") throw new Error("The invitation did not arrive.");
  await member.http.organizations.invitations.accept.mutate({ invitationId: invited.invitationId });
}

/** Opens a socket with subscriptions of all kinds, and reads what the object stores for it. */
async function readSockets(port: number, browser: SignedUp, count: number) {
  const { client, close } = openSocket(port, browser);
  const first = Promise.withResolvers<string>();
  const started = Array.from({ length: count }, () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    client.posts.changes.subscribe(undefined, {
      onStarted: () => resolve(),
      onData: ({ id }) => first.resolve(id),
    });
    return promise;
  });
  const { promise: live, resolve: onLive } = Promise.withResolvers<void>();
  client._live.subscribe({ path: "posts.list" }, { onData: () => onLive() });
  await Promise.all([...started, live]);
  const { id } = await browser.http.posts.create.mutate({ title: `during ${count}` });
  await browser.http.posts.delete.mutate({ id });
  const cursor = await first.promise;
  const stored = await fetch(`http://127.0.0.1:${port}/sockets?name=user:${browser.userId}`);
  await close();
  return { cursor, sockets: (await stored.json()) as StoredSockets };
}

function personOf({ email, userId, sessionId, cookies }: SignedUp): Person {
  return { email, userId, sessionId, cookies: [...cookies] };
}
