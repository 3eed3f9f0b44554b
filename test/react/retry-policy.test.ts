import { TRPCClientError } from "@trpc/client";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { getTRPCErrorShape, initTRPC, TRPCError } from "@trpc/server";
import { expect, it, describe } from "vitest";
import { retryDelay, shouldRetry } from "../../src/react/retry-policy.js";

const { _config: config } = initTRPC.create().router({})._def;

/** An error as tRPC's client creates it from the server's response. */
function refusal(code: TRPCError["code"], data: object = {}, headers: Record<string, string> = {}) {
  const error = new TRPCError({ code });
  const shape = getTRPCErrorShape({ config, error, type: "query", path: "posts.list", input: undefined, ctx: {} });
  const response = new Response(null, { status: getHTTPStatusCodeFromError(error), headers });
  return TRPCClientError.from(
    { error: { ...shape, data: { ...shape.data, ...data } } },
    { meta: { response, responseJSON: null } },
  );
}

/** An error as the client creates it for a failed request, or for a proxy's response. */
function failed(response?: Response) {
  const cause = response ?? new TypeError("Failed to fetch");
  return TRPCClientError.from(new Error("The server could not be reached.", { cause }));
}

describe("a permanent error", () => {
  it.each([
    "PARSE_ERROR",
    "BAD_REQUEST",
    "UNAUTHORIZED",
    "PAYMENT_REQUIRED",
    "FORBIDDEN",
    "NOT_FOUND",
    "METHOD_NOT_SUPPORTED",
    "CONFLICT",
    "PRECONDITION_FAILED",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "UNPROCESSABLE_CONTENT",
    "PRECONDITION_REQUIRED",
    "CLIENT_CLOSED_REQUEST",
  ] as const)("%s is not retried", (code) => {
    expect(shouldRetry(0, refusal(code))).toBe(false);
  });

  it.each([400, 401, 403, 404, 405, 413, 415, 421])("is not retried for a proxy's answer of status %i", (status) => {
    expect(shouldRetry(0, failed(new Response(null, { status })))).toBe(false);
  });

  it("is not retried for a call that the client cannot send", () => {
    expect(shouldRetry(0, new TRPCClientError("This WebSocket takes no headers."))).toBe(false);
  });
});

describe("a temporary error", () => {
  it.each([
    { name: "a failed request", error: failed() },
    { name: "a proxy's 502", error: failed(new Response(null, { status: 502 })) },
    { name: "a proxy's 429", error: failed(new Response(null, { status: 429 })) },
    { name: "an error of the app's own functions", error: new TypeError("x is undefined") },
    ...(["TIMEOUT", "TOO_MANY_REQUESTS", "INTERNAL_SERVER_ERROR", "BAD_GATEWAY", "SERVICE_UNAVAILABLE"] as const).map(
      (code) => ({ name: code, error: refusal(code) }),
    ),
  ])("$name is retried three times, with growing pauses", ({ error }) => {
    expect([0, 1, 2, 3].map((failures) => shouldRetry(failures, error))).toEqual([true, true, true, false]);
    expect([0, 1, 2].map((failures) => retryDelay(failures, error))).toEqual([1_000, 2_000, 4_000]);
  });
});

describe("Retry-After", () => {
  it.each(["TOO_MANY_REQUESTS", "SERVICE_UNAVAILABLE"] as const)("%s waits as long as it asks for", (code) => {
    expect(retryDelay(0, refusal(code, { retryAfter: 7 }))).toBe(7_000);
    expect(retryDelay(0, refusal(code, {}, { "retry-after": "9" }))).toBe(9_000);
    expect(retryDelay(2, refusal(code, { retryAfter: 0 }))).toBe(0);
  });

  it("of the call takes precedence over the header of its batch", () => {
    expect(retryDelay(0, refusal("TOO_MANY_REQUESTS", { retryAfter: 2 }, { "retry-after": "9" }))).toBe(2_000);
    // Another call of the batch has to wait.
    expect(retryDelay(0, refusal("INTERNAL_SERVER_ERROR", {}, { "retry-after": "9" }))).toBe(1_000);
  });

  it("of a proxy is parsed, as seconds and as a date", () => {
    const at = (value: string) => failed(new Response(null, { status: 503, headers: { "retry-after": value } }));
    expect(retryDelay(0, at("3"))).toBe(3_000);
    const wait = retryDelay(0, at(new Date(Date.now() + 20_000).toUTCString()));
    expect(wait).toBeGreaterThan(10_000);
    expect(wait).toBeLessThanOrEqual(20_000);
    expect(retryDelay(0, at(new Date(0).toUTCString()))).toBe(0);
    expect(retryDelay(0, at("soon"))).toBe(1_000);
  });

  it("shows the error at once when it is longer than a page can be pending", () => {
    expect(shouldRetry(0, refusal("TOO_MANY_REQUESTS", { retryAfter: 60 }))).toBe(true);
    expect(shouldRetry(0, refusal("TOO_MANY_REQUESTS", { retryAfter: 61 }))).toBe(false);
  });
});
