import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import superjson from "superjson";
import type { AppRouter } from "../fixtures/app/router.js";
import type { openBrowser } from "../fixtures/browser.js";
import { openSocket } from "../fixtures/socket.js";
import type { Tenant } from "./tenants.js";

/** One call, and the cursor from which its caller resumes. */
export interface Attempt {
  readonly path: string;
  readonly type: "query" | "mutation" | "subscription";
  readonly input: unknown;
  readonly lastEventId: string | undefined;
}

/**
 * Makes a call, and returns the whole response as text. For a subscription, returns what arrives until `meanwhile`
 * resolves.
 */
export type Transport = (by: Tenant, attempt: Attempt, meanwhile: () => Promise<void>) => Promise<string>;

type Browser = ReturnType<typeof openBrowser>;

const wireOf = (input: unknown): unknown => (input === undefined ? undefined : superjson.serialize(input));

async function overHttp(browser: Browser, { path, type, input }: Attempt, kind: "single" | "batch" | "stream") {
  const wire = wireOf(input);
  const isBatch = kind !== "single";
  const payload = isBatch ? { 0: wire, 1: wire } : wire;
  const name = isBatch ? `${path},${path}?batch=1` : `${path}?`;
  const headers = {
    "content-type": "application/json",
    ...(kind === "stream" && { "trpc-accept": "application/jsonl" }),
  };
  const asGet = payload === undefined ? "" : `&input=${encodeURIComponent(JSON.stringify(payload))}`;
  const response =
    type === "mutation"
      ? await browser.fetch(`/trpc/${name}`, { method: "POST", headers, body: JSON.stringify(payload ?? null) })
      : await browser.fetch(`/trpc/${name}${asGet}`, { headers });
  return response;
}

/** Reads a stream until it ends or the caller stops. */
async function readUntil(response: Response, enough: Promise<void>): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const stop = enough.then(() => ({ done: true, value: undefined }) as const);
  while (reader) {
    const { done, value } = await Promise.race([reader.read(), stop]);
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader?.cancel();
  await stop;
  return text;
}

const http =
  (kind: "single" | "batch" | "stream"): Transport =>
  async ({ browser }, attempt) => {
    const response = await overHttp(browser, attempt, kind);
    return JSON.stringify([...response.headers]) + (await response.text());
  };

const sse: Transport = async ({ browser }, { path, input, lastEventId }, meanwhile) => {
  const wire = wireOf(input);
  const query = wire === undefined ? "" : `input=${encodeURIComponent(JSON.stringify(wire))}`;
  const headers = { accept: "text/event-stream", ...(lastEventId && { "last-event-id": lastEventId }) };
  const response = await browser.fetch(`/trpc/${path}?${query}`, { headers });
  return readUntil(response, meanwhile());
};

/** Uses the caller's own socket, that of the organization which the input names, or the app's. */
const socket =
  (owner: "user" | "organization" | "app"): Transport =>
  async ({ browser }, { path, type, input, lastEventId }, meanwhile) => {
    const { organizationId = "" } = (input ?? {}) as { readonly organizationId?: string };
    const urls = { user: "/trpc", organization: `/trpc?organizationId=${organizationId}`, app: "/trpc?app" };
    const opened = await openSocket(browser, urls[owner]).catch((error: Error) => error.message);
    if (typeof opened === "string") return opened;
    opened.send({ id: 1, method: type, params: { path, input: wireOf(input), lastEventId } });
    await opened.until(1);
    if (type === "subscription") await meanwhile();
    opened.send({ id: 2, method: "query", params: { path: "ping" } });
    // The reply comes after all earlier messages; a call that ends the session closes the socket.
    await Promise.race([opened.closed, replyTo(opened, 2)]);
    opened.socket.close();
    return opened.texts.join("\n");
  };

async function replyTo(opened: Awaited<ReturnType<typeof openSocket>>, id: number): Promise<void> {
  for (let count = 1; !opened.frames.some((frame) => frame.id === id); count++) await opened.until(count);
}

const rpc: Transport = async ({ ids }, { path, type, input }, meanwhile) => {
  const caller: unknown = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: ids.userId });
  const procedure = path.split(".").reduce((at, name) => (at as Record<string, unknown>)[name], caller);
  try {
    const result = await (procedure as (value: unknown) => Promise<unknown>)(input);
    if (type !== "subscription") return superjson.stringify(result);
    const received: unknown[] = [];
    const events = (result as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    const stop = meanwhile().then(() => ({ done: true, value: undefined }) as const);
    for (;;) {
      const { done, value } = await Promise.race([events.next(), stop]);
      if (done) break;
      received.push(value);
    }
    // Not awaited: it ends with the next event.
    void events.return?.().catch(() => {});
    await stop;
    return superjson.stringify(received);
  } catch (error) {
    return JSON.stringify({ ...(error as object), message: (error as Error).message });
  }
};

const calls = {
  HTTP: http("single"),
  "an HTTP batch": http("batch"),
  "a batch-stream": http("stream"),
  socket: socket("user"),
  "an organization's socket": socket("organization"),
  "the app's socket": socket("app"),
  RPC: rpc,
};

/** The ways in which a procedure of a type can be called. */
export const transports: Readonly<Record<Attempt["type"], Readonly<Record<string, Transport>>>> = {
  query: calls,
  mutation: calls,
  subscription: {
    SSE: sse,
    socket: socket("user"),
    "an organization's socket": socket("organization"),
    "the app's socket": socket("app"),
    RPC: rpc,
  },
};
