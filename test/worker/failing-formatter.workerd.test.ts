import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { TRPCError, tracked } from "@trpc/server";
import { initUserDO } from "trpc-userdo/router";
import { createHandler } from "trpc-userdo/worker";
import { afterEach, describe, expect, it, vi } from "vitest";

const formatter = vi.fn<() => never>();
const failures: [name: string, format: () => unknown][] = [
  [
    "throws",
    () => {
      throw new Error("password=hunter2");
    },
  ],
  ["returns nothing", () => undefined],
  ["returns a promise", () => Promise.resolve({ message: "Late.", code: -32603, data: {} })],
  ["returns a shape without data", () => ({ message: "Short.", code: -32603 })],
];
const t = initUserDO({ errorFormatter: formatter });
const conflict = () => new TRPCError({ code: "CONFLICT", message: "Taken." });
const router = t.router({
  ...t.builtin,
  ok: t.procedure.query(() => "fine"),
  refused: t.procedure.query(() => {
    throw conflict();
  }),
  unexpected: t.procedure.query(() => {
    throw new Error("password=hunter2");
  }),
  generator: t.procedure.query(async function* () {
    yield await Promise.resolve("one");
    throw conflict();
  }),
  nested: t.procedure.query(() => ({ later: Promise.reject(conflict()) })),
  subscription: t.procedure.subscription(async function* () {
    yield tracked("1", await Promise.resolve("one"));
    throw conflict();
  }),
});
const onError = vi.fn<() => void>();
const handler = createHandler(router, { binding: "INPUTS_DO", onError });

afterEach(() => void vi.clearAllMocks());

describe.each(failures)("an errorFormatter that %s", (_failure, format) => {
  it.each<[string, string, Record<string, string>, string]>([
    ["a rejected call", "refused", {}, "CONFLICT"],
    ["an unexpected error", "unexpected", {}, "INTERNAL_SERVER_ERROR"],
    ["a path without a procedure", "nothing", {}, "NOT_FOUND"],
    ["a call beside one without a procedure", "ok,nothing?batch=1", {}, "fine"],
    ["a method that does not fit", "auth.signup", {}, "METHOD_NOT_SUPPORTED"],
    ["a request that the gate rejects", "ok", { origin: "https://evil.example" }, "FORBIDDEN"],
    ["a caller who is not signed in", "auth.me", {}, "UNAUTHORIZED"],
    ["a stream", "ok,generator?batch=1", { "trpc-accept": "application/jsonl" }, "CONFLICT"],
    ["a nested promise", "ok,nested?batch=1", { "trpc-accept": "application/jsonl" }, "CONFLICT"],
    ["a subscription", "subscription", { accept: "text/event-stream" }, "CONFLICT"],
  ])("does not change the answer to %s", async (_name, path, headers, expected) => {
    formatter.mockImplementation(format as () => never);
    const request = new Request(`https://blog.example.com/trpc/${path}`, { headers });
    const response = await handler(request, env, createExecutionContext());
    const reader = response?.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (reader && !text.includes(expected)) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
    await reader?.cancel();
    expect(text).toContain(expected);
    expect(text).not.toContain("hunter2");
    expect(formatter).toHaveBeenCalled();
  });
});
