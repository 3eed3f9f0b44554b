import { once } from "node:events";
import superjson from "superjson";
import { WebSocket } from "ws";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { CollectedSpan } from "../fixtures/span-collector/worker.js";

const at = (app: string): URL => new URL(`../fixtures/${app}/wrangler.jsonc`, import.meta.url);
const harness = createTestHarness({
  workers: [{ configPath: at("traced-app") }, { configPath: at("span-collector") }],
});
let cookie = "";
let spans: CollectedSpan[] = [];

const origin = "http://localhost";
const rayId = "8a1b2c3d4e5f6789-FRA";

async function call(path: string, input?: unknown): Promise<Response> {
  const body = input === undefined ? {} : { method: "POST", body: JSON.stringify(superjson.serialize(input)) };
  const headers = { "content-type": "application/json", "cf-ray": rayId, origin, ...(cookie !== "" && { cookie }) };
  const response = await harness.fetch(`${origin}/trpc/${path}`, { ...body, headers });
  const cookies = response.headers.getSetCookie().map((each) => each.split(";", 1).join());
  if (cookies.length > 0) cookie = cookies.join("; ");
  return response as unknown as Response;
}

async function collect(): Promise<CollectedSpan[]> {
  const response = await harness.getWorker("span-collector").fetch("http://collector.example.com/");
  return (await response.json()) as CollectedSpan[];
}

const named = (name: string): CollectedSpan[] => spans.filter((span) => span.name === name);
const ofPath = (name: string, path: string): CollectedSpan | undefined =>
  named(name).find(({ attributes }) => attributes["userdo.path"] === path);

/** The names of a span and of the spans around it, from the inside. */
function chainOf(span: CollectedSpan | undefined): string[] {
  if (!span) return [];
  return [
    span.name,
    ...chainOf(spans.find(({ spanId, traceId }) => spanId === span.parentId && traceId === span.traceId)),
  ];
}

/** Opens a socket with a live query, and resolves when its first result has come. */
async function watch(url: URL): Promise<WebSocket> {
  const socket = new WebSocket(new URL("/trpc", url).href, { headers: { cookie, origin: url.origin } });
  socket.on("message", (data) => {
    if (String(data).includes('"type":"data"')) received.set(socket, results(socket) + 1);
  });
  await once(socket, "open");
  const input = superjson.serialize({ path: "items.list" });
  socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "_live", input } }));
  await vi.waitFor(() => expect(results(socket)).toBe(1), { timeout: 5_000 });
  return socket;
}

const received = new WeakMap<WebSocket, number>();
const results = (socket: WebSocket): number => received.get(socket) ?? 0;

beforeAll(async () => {
  const { url } = await harness.listen();
  await call("auth.signup", { email: "ada@example.com", password: "correct horse battery" });
  const socket = await watch(url);
  await call("items.add", { text: "hunter2" });
  await vi.waitFor(() => expect(results(socket)).toBe(2), { timeout: 5_000 });
  socket.close();
  await call("items.list");
  await call("items.fail");
  await vi.waitFor(
    async () => {
      spans = await collect();
      expect(ofPath("userdo.dispatch", "items.fail")).toMatchObject({ ended: true });
      expect(ofPath("userdo.delivery", "(mail) verifyEmail")).toMatchObject({ ended: true });
    },
    { timeout: 10_000, interval: 100 },
  );
}, 40_000);
afterAll(() => harness.close());

describe("spans of the runtime", () => {
  it("cover a request, its dispatch, the procedure and the SQL in one trace", () => {
    const chains = named("durable_object_storage_exec")
      .filter(({ attributes }) => String(attributes["db.query.text"]).startsWith('INSERT INTO "items"'))
      .map(chainOf);
    expect(chains).toHaveLength(1);
    const [chain = []] = chains;
    expect(chain.slice(0, 3)).toEqual(["durable_object_storage_exec", "userdo.run", "userdo.dispatch"]);
    expect(chain.slice(-2)).toEqual(["userdo.request", "fetch"]);
  });

  it("have the id of the request, in the Worker and in the object", () => {
    expect(named("userdo.request").map(({ attributes }) => attributes["userdo.request_id"])).toContain(rayId);
    expect(ofPath("userdo.dispatch", "items.list")?.attributes).toEqual({
      "userdo.path": "items.list",
      "userdo.type": "query",
      "userdo.owner": "user",
      "userdo.request_id": rayId,
      "userdo.outcome": "ok",
    });
  });

  it("have the outcome of a call that failed", () => {
    expect(ofPath("userdo.dispatch", "items.fail")?.attributes).toMatchObject({
      "userdo.outcome": "failed",
      "userdo.code": "INTERNAL_SERVER_ERROR",
    });
  });

  it("cover the runs of live queries after a write", () => {
    const runs = named("userdo.live").map(chainOf);
    expect(runs).toHaveLength(2);
    for (const chain of runs) expect(chain.slice(0, 2)).toEqual(["userdo.live", "userdo.round"]);
    expect(runs[0]).toContain("userdo.message");
    expect(runs[1]).toContain("userdo.request");
  });

  it("cover deliveries, tasks of the alarm and requests between objects", () => {
    expect(chainOf(ofPath("userdo.delivery", "(mail) verifyEmail"))).toEqual([
      "userdo.delivery",
      "userdo.alarm",
      "alarm",
    ]);
    expect(named("userdo.internal").map(({ attributes }) => attributes["userdo.type"])).toContain("internal");
  });

  it("have no inputs and no email addresses in the framework's attributes", () => {
    const own = spans.filter(({ name }) => name.startsWith("userdo."));
    expect(own.length).toBeGreaterThan(10);
    expect(JSON.stringify(own)).not.toMatch(/hunter2|ada@|example\.com/);
  });

  it("cover the start of an object, with its reads", () => {
    expect(named("userdo.wake").length).toBeGreaterThan(1);
    const reads = named("durable_object_storage_exec").map((span) => chainOf(span)[1]);
    expect(reads).toContain("userdo.wake");
  });
});
