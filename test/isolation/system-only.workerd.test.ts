import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import superjson from "superjson";
import { beforeAll, describe, expect, it } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp, type Browser } from "../fixtures/browser.js";
import { addressName, storesAnything } from "../fixtures/organizations.js";
import { openSocket } from "../fixtures/socket.js";
import { overRpc } from "../fixtures/transports.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();

/** The calls that only the app itself may make, with inputs that it would accept. `victim` is another user. */
interface Ids {
  readonly victim: string;
  readonly organizationId: string;
  readonly email: string;
  readonly title: string;
}

const procedures: Readonly<Record<string, (ids: Ids) => object>> = {
  "admin.users.create": ({ email }) => ({ email, emailVerified: true }),
  "admin.users.createSession": ({ victim }) => ({ userId: victim }),
  "organizations.members.add": ({ organizationId, victim }) => ({ organizationId, userId: victim, role: "owner" }),
  // The procedure is open to its operator. The time of a row is not.
  "announcements.createRaw": ({ title }) => ({ title, createdAt: new Date(0) }),
};

/** What a caller would send to pass for the app. */
const forgedInput = { caller: { type: "system" }, type: "system", system: true, ctx: { caller: { type: "system" } } };
const forgedHeaders = {
  caller: '{"type":"system"}',
  "x-caller": "system",
  "x-userdo-caller": '{"type":"system"}',
  "userdo-caller": '{"type":"system"}',
  "x-system": "true",
  "x-forwarded-for": "127.0.0.1",
  "cf-worker": "blog.example.com",
  "trpc-caller": "system",
};

interface Call {
  readonly path: string;
  readonly input: object;
  readonly browser: Browser;
  readonly organizationId: string;
}
type Road = (call: Call) => Promise<string>;

const textOf = async (response: Promise<Response>): Promise<string> => (await response).text();

function overHttp(kind: "single" | "batch" | "batch-stream", method: "GET" | "POST", isForged: boolean): Road {
  return ({ path, input, browser }) => {
    const wire = superjson.serialize(isForged ? { ...input, ...forgedInput } : input);
    const payload = kind === "single" ? wire : { 0: wire, 1: wire };
    const name = kind === "single" ? `${path}?` : `${path},${path}?batch=1&`;
    const headers = {
      ...(kind === "batch-stream" && { "trpc-accept": "application/jsonl" }),
      ...(isForged && forgedHeaders),
    };
    const body = JSON.stringify(payload);
    if (method === "GET") return textOf(browser.fetch(`/trpc/${name}input=${encodeURIComponent(body)}`, { headers }));
    return textOf(
      browser.fetch(`/trpc/${name}`, { method, headers: { ...headers, "content-type": "application/json" }, body }),
    );
  };
}

const sse: Road = ({ path, input, browser }) => {
  const query = encodeURIComponent(JSON.stringify(superjson.serialize({ ...input, ...forgedInput })));
  const headers = { accept: "text/event-stream", ...forgedHeaders };
  return textOf(browser.fetch(`/trpc/${path}?input=${query}`, { headers }));
};

const form: Road = ({ path, input, browser }) =>
  textOf(
    browser.fetch(`/trpc/form/${path}`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...forgedHeaders },
      body: new URLSearchParams(Object.entries(input).map(([name, value]) => [name, String(value)])),
    }),
  );

function overSocket(owner: "user" | "organization" | "app", method: "query" | "mutation" | "subscription"): Road {
  return async ({ path, input, browser, organizationId }) => {
    const url = { user: "/trpc", organization: `/trpc?organizationId=${organizationId}`, app: "/trpc?app" }[owner];
    const opened = await openSocket(browser, url).catch((error: Error) => error.message);
    if (typeof opened === "string") return `refused: ${opened}`;
    const params = { path, input: superjson.serialize(input), ...forgedInput };
    opened.send({ id: 1, method, params, ...forgedInput });
    await Promise.race([opened.until(1), opened.closed]);
    const live = { path, input: superjson.serialize(input), ...forgedInput };
    opened.send({ id: 2, method: "subscription", params: { path: "_live", input: { json: live } } });
    // The subscription starts, and then ends with an error.
    const ended = opened.until(3).then((frames) => frames.filter(({ result }) => result?.type !== "started"));
    const frames = await Promise.race([ended, opened.closed.then(() => opened.frames)]);
    opened.socket.close();
    return JSON.stringify(frames);
  };
}

const rpc =
  (userId: string): Road =>
  async ({ path, input }) =>
    overRpc(userId)
      .mutate(path, input)
      .then((result) => `{"result":${superjson.stringify(result)}}`, String);

const roads: Readonly<Record<string, Road>> = {
  "a POST": overHttp("single", "POST", false),
  "a POST with forged headers and input": overHttp("single", "POST", true),
  "a GET": overHttp("single", "GET", true),
  "a batch": overHttp("batch", "POST", true),
  "a batch by GET": overHttp("batch", "GET", true),
  "a batch-stream": overHttp("batch-stream", "POST", true),
  "a batch-stream by GET": overHttp("batch-stream", "GET", true),
  SSE: sse,
  "a form": form,
  "the user's socket": overSocket("user", "mutation"),
  "the user's socket, as a query": overSocket("user", "query"),
  "the user's socket, as a subscription": overSocket("user", "subscription"),
  "the organization's socket": overSocket("organization", "mutation"),
  "the app's socket": overSocket("app", "mutation"),
};

const actors: Record<"anonymous" | "member" | "superadmin", Browser> = {
  anonymous: openBrowser(),
  member: openBrowser(),
  superadmin: openBrowser(),
};
let ids: Ids;
let operatorId: string;

beforeAll(async () => {
  const [operator, member, victim] = [await signUp(), await signUp(), await signUp()];
  await system.admin.roles.assign({ userId: operator.user.id, role: "superadmin", reason: "A test." });
  const { id: organizationId } = await operator.client.organizations.create.mutate({ name: "Acme" });
  Object.assign(actors, { member: member.browser, superadmin: operator.browser });
  operatorId = operator.user.id;
  ids = { victim: victim.user.id, organizationId, email: freshEmail(), title: crypto.randomUUID() };
});

describe("a call that only the app itself may make", () => {
  it.each(Object.keys(roads))("is refused to everybody over %s, and changes nothing", async (name) => {
    const road = roads[name] as Road;
    for (const [path, inputOf] of Object.entries(procedures)) {
      for (const [actor, browser] of Object.entries(actors)) {
        const reply = await road({ path, input: inputOf(ids), browser, organizationId: ids.organizationId });
        // A stream ends without a result, and each other reply has an error.
        expect(reply, `${actor}: ${path}`).not.toMatch(/"result"|accessToken|refreshToken/);
        expect(reply, `${actor}: ${path}`).toMatch(/error|refused|closed/i);
      }
    }
    await assertUnchanged();
  });

  it("is refused to another Worker that acts for a superadmin", async () => {
    for (const [path, inputOf] of Object.entries(procedures)) {
      const call = { path, input: inputOf(ids), browser: openBrowser(), organizationId: ids.organizationId };
      expect(await rpc(operatorId)(call), path).not.toContain('"result"');
    }
    await assertUnchanged();
  });

  it("is possible for the app itself", async () => {
    for (const [path, inputOf] of Object.entries(procedures)) {
      const procedure = path.split(".").reduce<any>((found, part) => found[part], system);
      expect(await procedure(inputOf(ids))).toBeTruthy();
    }
  });
});

async function assertUnchanged(): Promise<void> {
  expect(await storesAnything(await addressName(ids.email))).toBe(false);
  expect((await system.admin.users.get({ userId: ids.victim })).sessions).toHaveLength(1);
  const members = await system.organizations.members.list({ organizationId: ids.organizationId });
  expect(members.map(({ userId }) => userId)).toEqual([operatorId]);
  expect(await system.announcements.byTitle({ title: ids.title })).toEqual([]);
}

describe("an import", () => {
  it("is refused to everybody without its permission over every road", async () => {
    const email = freshEmail();
    const input = { records: [{ type: "user", data: { email } }], reason: "A test." };
    for (const browser of [actors.anonymous, actors.member]) {
      for (const [name, road] of Object.entries(roads)) {
        const reply = await road({ path: "admin.import", input, browser, organizationId: ids.organizationId });
        expect(reply, name).not.toContain('"result"');
      }
    }
    expect(await storesAnything(await addressName(email))).toBe(false);
  });
});

it("twenty sign-ups and created accounts of one address at once create one account", async () => {
  const email = freshEmail();
  const calls = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0
      ? system.admin.users.create({ email, emailVerified: true }).then(({ userId }) => userId)
      : openBrowser()
          .client()
          .auth.signup.mutate({ email, password: `${password} ${index}` })
          .then(({ user }) => user.id),
  );
  const results = await Promise.allSettled(calls);
  const created = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  expect(created).toHaveLength(1);
  expect(await system.admin.users.findByEmail({ email })).toEqual({ userId: created[0] });
  const reasons = results.flatMap((result) =>
    result.status === "rejected" ? [(result.reason as { readonly data?: { reason: string } }).data?.reason] : [],
  );
  expect(new Set(reasons.map((reason) => reason ?? "EMAIL_TAKEN"))).toEqual(new Set(["EMAIL_TAKEN"]));
});
