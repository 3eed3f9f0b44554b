import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { createCaller } from "trpc-userdo/worker";
import { beforeAll, describe, expect, it } from "vitest";
import { cursorKinds, kinds, opaqueKinds, plainKinds, type InputKind } from "../../fixtures/app/input-kinds.js";
import type { InputsRouter } from "../../fixtures/app/inputs.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { openSocket, subscribe, type RawSocket } from "../../fixtures/socket.js";
import { listen, openStockClient } from "../../fixtures/stock-client.js";

const path = "/inputs";
type Owner = "user" | "organization" | "anywhere";

let somebody: Awaited<ReturnType<typeof signUp>>;
beforeAll(async () => {
  somebody = await signUp();
});

async function signUp() {
  const browser = openBrowser();
  const http = browser.client("batch", path);
  const { user } = await http.auth.signup.mutate({ email: freshEmail(), password });
  const { id } = await http.organizations.create.mutate({ name: "Acme" });
  return { browser, user, organizationId: id };
}

/** The kinds that an owner's procedures accept: an organization's input is an object. */
function kindsOf(owner: Owner): [string, InputKind][] {
  return Object.entries(kinds).filter(
    ([name]) => owner !== "organization" || !(name in opaqueKinds || name === "coercedString"),
  );
}

function inputOf(owner: Owner, { input }: InputKind): unknown {
  return owner === "organization" ? { ...(input as object), organizationId: somebody.organizationId } : input;
}

/** The input that the resolver of a kind gets when its subscription resumes. */
function expected(name: string, owner: Owner, lastEventId: string | undefined): unknown {
  const { input, parsed = input } = kinds[name] as InputKind;
  const isObject = owner === "organization" && parsed === undefined && (name === "anything" || name in cursorKinds);
  const own = isObject ? {} : parsed;
  if (lastEventId === undefined || !(name in cursorKinds)) return own;
  return { ...(own as object), lastEventId };
}

interface Event {
  readonly input: unknown;
  readonly lastEventId?: string | undefined;
}

function eventsOf(socket: RawSocket, id: number): readonly unknown[] {
  return socket.frames
    .filter((frame) => frame.id === id && frame.result?.type !== "started")
    .map(({ result, error }) => error?.json ?? (superjson.deserialize(result?.data as never) as { data: Event }).data);
}

const socketPath = (owner: Owner) =>
  owner === "organization" ? `${path}?organizationId=${somebody.organizationId}` : path;
const nameOf = (owner: Owner) =>
  owner === "organization" ? `organization:${somebody.organizationId}` : `user:${somebody.user.id}`;

describe.each(["user", "organization", "anywhere"] as const)("a subscription of the kind %s", (owner) => {
  it("gets the same input after every hibernation", async () => {
    const socket = await openSocket(somebody.browser, socketPath(owner));
    const all = kindsOf(owner);
    for (const [id, [name, kind]] of all.entries())
      socket.send(subscribe(id, `${owner}.${name}.subscribe`, undefined, inputOf(owner, kind)));
    await socket.until(2 * all.length);
    for (const cursor of [1, 2]) {
      await evictDurableObject(env.INPUTS_DO.getByName(nameOf(owner)), { webSockets: "hibernate" });
      socket.send({ id: "wake", method: "query", params: { path: "auth.nothing" } });
      await expect
        .poll(() => all.map((_, id) => eventsOf(socket, id).length), { timeout: 8_000 })
        .toEqual(all.map(() => 1 + cursor));
    }
    socket.socket.close();
    const got = Object.fromEntries(all.map(([name], id) => [name, eventsOf(socket, id)]));
    const right = all.map(([name]) => [
      name,
      [undefined, "1", "2"].map((lastEventId) => ({ input: expected(name, owner, lastEventId), lastEventId })),
    ]);
    expect(got).toEqual(Object.fromEntries(right));
  });

  it.each([
    ["a stock client", {}],
    ["the package's own client", { userdo: {} }],
    ["the package's own client, which keeps where it began", { userdo: { startedAt: "1.0123456789abcdef" } }],
  ])("gets the same input when %s reconnects", async (_name, extra) => {
    const socket = await openSocket(somebody.browser, socketPath(owner));
    const all = kindsOf(owner);
    for (const [id, [name, kind]] of all.entries())
      socket.send({ ...subscribe(id, `${owner}.${name}.subscribe`, "4", inputOf(owner, kind)), ...extra });
    await socket.until(2 * all.length);
    socket.socket.close();
    const got = Object.fromEntries(all.map(([name], id) => [name, eventsOf(socket, id)]));
    const right = all.map(([name]) => [name, [{ input: expected(name, owner, "4"), lastEventId: "4" }]]);
    expect(got).toEqual(Object.fromEntries(right));
  });

  it("gets the same input when an EventSource reconnects", async () => {
    const got = await Promise.all(
      kindsOf(owner).map(async ([name, kind]) => [name, await firstOverSse(owner, name, inputOf(owner, kind), "4")]),
    );
    const right = kindsOf(owner).map(([name]) => [name, { input: expected(name, owner, "4"), lastEventId: "4" }]);
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(right));
  });

  /** The input that tRPC's client sends when it reopens a stream by itself. */
  const merged = (input: unknown) => ({ ...(input as object), lastEventId: "4" });
  const mergeable = () =>
    kindsOf(owner).filter(
      ([name]) => name in plainKinds || name in cursorKinds || name === "array" || name === "tuple",
    );

  it("gets the same input when the client merged the cursor into it", async () => {
    const all = mergeable();
    const over = await Promise.all(
      all.map(async ([name, kind]) => [name, await firstOverSse(owner, name, merged(inputOf(owner, kind)))]),
    );
    const right = all.map(([name, kind]) => {
      const { input } = expectedOfMerged(name, owner, kind);
      return [name, { input, lastEventId: "4" }];
    });
    expect(Object.fromEntries(over)).toEqual(Object.fromEntries(right));
  });

  /** An empty object and no input look alike then. A schema that accepts both gets no input. */
  function expectedOfMerged(name: string, of: Owner, { input }: InputKind): { readonly input: unknown } {
    const isNothing = name === "anything" || (name === "coercedString" && input === undefined);
    return { input: isNothing && of !== "organization" ? undefined : expected(name, of, "4") };
  }
});

/** The first event of a subscription over SSE. */
async function firstOverSse(owner: Owner, name: string, input: unknown, lastEventId?: string): Promise<unknown> {
  const wire = input === undefined ? "" : `input=${encodeURIComponent(superjson.stringify(input))}`;
  const headers = { accept: "text/event-stream", ...(lastEventId !== undefined && { "last-event-id": lastEventId }) };
  const response = await somebody.browser.fetch(`${path}/${owner}.${name}.subscribe?${wire}`, { headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (reader && !/^data: .*"input".*$/m.test(text) && !text.includes("serialized-error")) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader?.cancel();
  const data = /^data: (.*"input".*)$/m.exec(text)?.[1];
  return data === undefined ? text : superjson.parse(data);
}

it.each([
  ["abc", "checkedCursor"],
  ["", "checkedCursor"],
  ["1 ", "checkedCursor"],
  ["abc", "checkedCursorInUnion"],
  ["abc", "checkedCursorOfStandardSchema"],
])("refuses a cursor that the app's schema refuses: %j of %s", async (lastEventId, name) => {
  const input = encodeURIComponent(superjson.stringify({ lastEventId }));
  const headers = { accept: "text/event-stream" };
  const response = await somebody.browser.fetch(`${path}/${name}?input=${input}`, { headers });
  expect(await response.text()).toContain("lastEventId");
  const socket = await openSocket(somebody.browser, path);
  socket.send(subscribe(1, name, "abc"));
  await socket.until(1);
  expect(socket.frames).toMatchObject([{ id: 1, error: { json: { data: { code: "BAD_REQUEST" } } } }]);
  socket.socket.close();
});

it("gets the same input when the connection of a stock client drops", async () => {
  const { client, wires, close } = openStockClient(somebody.browser, { path });
  const all = kindsOf("user");
  const subscriptions = all.map(([name, { input }]) => {
    const procedure = procedureOf<Parameters<typeof listen>[0]>(client, `user.${name}.subscribe`);
    return listen<unknown, { data: Event }>(procedure as never, input);
  });
  await Promise.all(subscriptions.map((each) => each.until(1)));
  wires.at(-1)?.drop();
  await Promise.all(subscriptions.map((each) => Promise.race([each.until(2), each.failed()])));
  close();
  const got = Object.fromEntries(all.map(([name], at) => [name, subscriptions[at]?.events[1]?.data]));
  const right = all.map(([name]) => [name, { input: expected(name, "user", "1"), lastEventId: "1" }]);
  expect(got).toEqual(Object.fromEntries(right));
});

it("gets the same input from a server caller that resumes", async () => {
  const caller = createCaller<InputsRouter>(env.INPUTS_DO).asUser({ userId: somebody.user.id });
  const all = kindsOf("user").filter(([name]) => !(name in opaqueKinds) && name !== "anything");
  const got = await Promise.all(
    all.map(async ([name, { input }]) => {
      const procedure = procedureOf<(input: unknown) => Promise<AsyncIterable<{ data: unknown }>>>(
        caller,
        `user.${name}.subscribe`,
      );
      for await (const { data } of await procedure({ ...(input as object), lastEventId: "4" })) return [name, data];
      return [name, "nothing"];
    }),
  );
  const right = all.map(([name]) => [name, { input: expected(name, "user", "4"), lastEventId: "4" }]);
  expect(Object.fromEntries(got)).toEqual(Object.fromEntries(right));
});

function procedureOf<TProcedure>(root: unknown, at: string): TProcedure {
  return at.split(".").reduce((found, name) => (found as Record<string, unknown>)[name], root) as TProcedure;
}
