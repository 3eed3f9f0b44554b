import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { createCaller, watchQuery } from "trpc-userdo/worker";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ran, type LiveRouter } from "../../fixtures/app/live.js";
import { organizationName } from "../../fixtures/organizations.js";
import { openSocket } from "../../fixtures/socket.js";
import { createShared, signUpTwo, type Person } from "./two-members.js";

/** One member's subscription: all received text, and the results in it. */
interface Listening {
  text(): string;
  results(): unknown[];
}

const eventually = { timeout: 10_000 };

let ada: Person;
let bob: Person;
let organizationId: string;

beforeAll(async () => void ([ada, bob] = await signUpTwo()));

beforeEach(async () => {
  organizationId = await createShared(ada, bob);
  ran.mine = 0;
});

const ends: (() => unknown)[] = [];
afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

const wireOf = (path: string) => superjson.serialize({ organizationId, path, input: { organizationId } });
const dataIn = (wire: unknown): unknown => superjson.deserialize<{ data: unknown }>(wire as never).data;

async function overSocket({ browser }: Person, path: string): Promise<Listening> {
  const { socket, send, frames, texts } = await openSocket(browser, `/live?organizationId=${organizationId}`);
  ends.push(() => socket.close());
  send({ id: 1, method: "subscription", params: { path: "_live", input: wireOf(path) } });
  return {
    text: () => texts.join("\n"),
    results: () => frames.flatMap(({ id, result }) => (id === 1 && result?.data ? [dataIn(result.data)] : [])),
  };
}

async function overSse({ browser }: Person, path: string): Promise<Listening> {
  const input = encodeURIComponent(JSON.stringify(wireOf(path)));
  const { body } = await browser.fetch(`/live/_live?input=${input}`, { headers: { accept: "text/event-stream" } });
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  async function read(): Promise<void> {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value;
  }
  const reading = read();
  ends.push(async () => {
    await reader?.cancel();
    await reading;
  });
  return {
    text: () => text,
    results: () =>
      text
        .split("\n\n")
        .slice(0, -1)
        .filter((event) => event.includes("id: "))
        .map((event) => superjson.parse(/^data: (.+)$/m.exec(event)?.[1] ?? "null")),
  };
}

async function overCaller({ user }: Person, path: string): Promise<Listening> {
  const caller = createCaller<LiveRouter>(env.LIVE_DO).asUser({ userId: user.id });
  const { papers, organizations } = caller;
  const procedure =
    path === "organizations.get" ? organizations.get : path === "papers.mine" ? papers.mine : papers.whoAmI;
  const results: unknown[] = [];
  const watched = watchQuery<{ organizationId: string }, unknown>(procedure, { organizationId });
  async function read(): Promise<void> {
    for await (const result of watched) results.push(result);
  }
  // A former member receives an error.
  void read().catch(() => {});
  // It ends with the event that it waits for.
  ends.push(() => void watched.return());
  await Promise.resolve();
  return { text: () => JSON.stringify(results), results: () => results };
}

const ways = { socket: overSocket, SSE: overSse, "server caller": overCaller };

const write = (name: string) => ada.http.papers.create.mutate({ organizationId, name });
const sleep = () =>
  evictDurableObject(env.LIVE_DO.getByName(organizationName(organizationId)), { webSockets: "hibernate" });
const sharedNotes = (count: number) => () => ({ count, session: "unread", userId: "unread" });
const reached = (listening: Listening[], last: (index: number) => unknown) =>
  expect
    .poll(() => listening.map((each) => each.results().at(-1)), eventually)
    .toEqual(listening.map((_, index) => last(index)));

/** The data that belongs to one of the two members alone. */
const canaries = () => [ada, bob].map(({ user, session, email }) => [user.id, session.id, email]);

function expectApart(listening: Listening[]): void {
  const [ofAda = [], ofBob = []] = canaries();
  for (const [index, each] of listening.entries()) {
    for (const canary of index % 2 === 0 ? ofBob : ofAda) expect(each.text()).not.toContain(canary);
  }
}

describe.each(Object.keys(ways) as (keyof typeof ways)[])("queries of two members of equal role, over %s", (way) => {
  const listen = async (path: string): Promise<Listening[]> =>
    Promise.all([ada, bob].map((person) => ways[way](person, path)));
  const session = (person: Person | undefined) => (way === "server caller" ? undefined : person?.session.id);
  const own = (count: number) => (index: number) => {
    const person = [ada, bob][index];
    return { count, session: session(person), userId: person?.user.id };
  };
  it("share a run until it reads the caller, and from then on deliver neither member's data to the other", async () => {
    const listening = await listen("papers.mine");
    await reached(listening, sharedNotes(0));
    const { id } = await write("mine");
    await reached(listening, own(1));
    await sleep();
    await write("another");
    await reached(listening, own(2));
    expectApart(listening);

    // The query stops reading the caller, and then reads it again, also after hibernation.
    await ada.http.papers.delete.mutate({ organizationId, id });
    await reached(listening, sharedNotes(1));
    await sleep();
    await write("mine");
    await reached(listening, own(2));
    expectApart(listening);
  });

  it("run for each member when they read the member", async () => {
    const listening = await listen("papers.whoAmI");
    const is = (name: string) => (index: number) =>
      expect.objectContaining({
        member: expect.objectContaining({ userId: [ada, bob][index]?.user.id, role: "owner" }),
        organization: expect.objectContaining({ name }),
      });
    await reached(listening, is("Acme"));
    await sleep();
    await ada.http.organizations.update.mutate({ organizationId, name: "Acme & Sons" });
    await reached(listening, is("Acme & Sons"));
    expectApart(listening);

    // A member with a changed role is asked to reconnect, and has the role then.
    const before = listening[1]?.results().length ?? 0;
    await ada.http.organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "member" });
    const back = await ways[way](bob, "papers.whoAmI");
    const roleIn = (each: Listening | undefined) =>
      (each?.results().at(-1) as { member?: { role: string } } | undefined)?.member?.role;
    await expect.poll(() => [listening[0], back].map(roleIn), eventually).toEqual(["owner", "member"]);
    expect(listening[1]?.results()).toHaveLength(before);
    expectApart(listening);
  });

  it("run for each member when they read the member's role, however many roles exist", async () => {
    await ada.http.organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "member" });
    const listening = await listen("organizations.get");
    const is = (name: string) => (index: number) =>
      expect.objectContaining({
        name,
        role: ["owner", "member"][index],
        permissions: index === 0 ? ["member:manage", "organization:update"] : [],
      });
    await reached(listening, is("Acme"));
    await ada.http.organizations.update.mutate({ organizationId, name: "Acme & Sons" });
    await reached(listening, is("Acme & Sons"));
    expect(listening[1]?.text()).not.toContain("member:manage");
    expect(listening.map((each) => each.results().length)).toEqual([2, 2]);
  });

  it("deliver nothing more to a former member, although the run was shared", async () => {
    const listening = await listen("papers.mine");
    await write("one");
    await reached(listening, sharedNotes(1));
    await ada.http.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
    const [, ofBob] = listening;
    const before = ofBob?.results().length;
    for (const count of [2, 3]) {
      await write("more");
      await reached(listening.slice(0, 1), sharedNotes(count));
    }
    expect(ofBob?.results()).toHaveLength(before ?? 0);
  });
});

it("share one run over sockets, SSE and callers, and separate as soon as it reads the caller", async () => {
  const listening = await Promise.all(
    Object.values(ways).flatMap((listen) => [ada, bob].map((person) => listen(person, "papers.mine"))),
  );
  await reached(listening, sharedNotes(0));
  ran.mine = 0;
  await write("one");
  await reached(listening, sharedNotes(1));
  expect(ran.mine).toBe(1);

  await write("mine");
  await reached(listening, (index) => expect.objectContaining({ count: 2, userId: [ada, bob][index % 2]?.user.id }));
  // Two sessions, and another Worker for each of the two.
  expect(ran.mine).toBe(1 + 4);
  expectApart(listening);
});
