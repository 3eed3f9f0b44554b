import { TRPCClientError, type Operation, type OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Observer } from "@trpc/server/observable";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLiveFallback } from "../../src/client/live-fallback.js";
import { createOwnerLink } from "../../src/client/owner-link.js";
import { WATCHED } from "../../src/client/watch-query.js";

type SocketError = TRPCClientError<AnyTRPCRouter>;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function refusal(httpStatus: number, retryAfter?: unknown): SocketError {
  const data = { code: "CODE", httpStatus, ...(retryAfter !== undefined && { retryAfter }) };
  return TRPCClientError.from({ error: { code: -32_603, message: "It fails.", data } });
}

/** Subscribes over a link whose replies the test sends. */
function subscribe(context: object) {
  const requests: Observer<any, SocketError>[] = [];
  const socketLink: OperationLink<AnyTRPCRouter> = () => observable((observer) => void requests.push(observer));
  const fallback = createLiveFallback({
    read: () => Promise.reject(new Error("not read")),
    interval: false,
    stringify: JSON.stringify,
    onRound: () => () => {},
  });
  fallback.up();
  const link = createOwnerLink({
    observable,
    TRPCClientError: TRPCClientError<AnyTRPCRouter>,
    socketLink,
    fallback,
    onStart: () => () => {},
    explained: (error) => error,
  });
  const op = { id: 1, type: "subscription", path: "_live", input: undefined, context, signal: null } as Operation;
  const errors: unknown[] = [];
  const states: unknown[] = [];
  const { unsubscribe } = link({ op, next: () => observable(() => {}) }).subscribe({
    next: ({ result }) => result.type === "state" && states.push(result.state),
    error: (error) => errors.push(error),
  });
  return { requests, errors, states, unsubscribe };
}

const watched = { [WATCHED]: true };

it.each([408, 429, 502, 503, 504])("sends a watched query again after the status %d", async (status) => {
  const { requests, errors, states } = subscribe(watched);
  for (let tries = 1; tries <= 8; tries++) {
    requests.at(-1)?.error(refusal(status));
    expect([requests.length, states.length]).toEqual([tries, tries]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(requests).toHaveLength(tries + 1);
  }
  expect(errors).toEqual([]);
  expect(new Set(states)).toEqual(new Set(["connecting"]));
});

it.each([400, 401, 403, 404, 409, 413, 500])(
  "ends a watched query with its error after the status %d",
  async (status) => {
    const { requests, errors } = subscribe(watched);
    const error = refusal(status, 1);
    requests[0]?.error(error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([requests.length, errors]).toEqual([1, [error]]);
  },
);

it("ends a watched query with an error that has no status", () => {
  const { requests, errors } = subscribe(watched);
  const error = TRPCClientError.from<AnyTRPCRouter>(new Error("It cannot be serialized."));
  requests[0]?.error(error);
  expect(errors).toEqual([error]);
});

it("passes every error to a subscription that does not belong to watchQuery", async () => {
  const { requests, errors } = subscribe({});
  const error = refusal(503);
  requests[0]?.error(error);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([requests.length, errors]).toEqual([1, [error]]);
});

it.each([429, 503])("waits as long as the server asks for after the status %d", async (status) => {
  const { requests } = subscribe(watched);
  requests[0]?.error(refusal(status, 45));
  await vi.advanceTimersByTimeAsync(44_999);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(requests).toHaveLength(2);
});

it.each([Infinity, 30 * 24 * 60 * 60])("is not sent at once when the server asks for %d seconds", async (seconds) => {
  const { requests } = subscribe(watched);
  requests[0]?.error(refusal(503, seconds));
  await vi.advanceTimersByTimeAsync(24 * 60 * 60_000);
  expect(requests).toHaveLength(1);
});

it.each(["soon", -1, null])("is sent soon when the server asks for %j", async (retryAfter) => {
  const { requests } = subscribe(watched);
  requests[0]?.error(refusal(503, retryAfter));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(requests).toHaveLength(2);
});

it("starts with the shortest pause again after a result", async () => {
  const { requests } = subscribe(watched);
  for (let tries = 0; tries < 6; tries++) {
    requests.at(-1)?.error(refusal(503));
    await vi.advanceTimersByTimeAsync(30_000);
  }
  const count = requests.length;
  requests.at(-1)?.next({ result: { type: "data", data: { id: "1", data: "fine" } } });
  requests.at(-1)?.error(refusal(503));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(requests).toHaveLength(count + 1);
});

it("is not sent again after it was stopped", async () => {
  const { requests, unsubscribe } = subscribe(watched);
  requests[0]?.error(refusal(503));
  unsubscribe();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(requests).toHaveLength(1);
});
