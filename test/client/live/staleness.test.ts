import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { live } from "../../../src/client/live/live.js";
import { connect, optionsOf, watch } from "./page.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page, and the data of its server. */
function openPage() {
  const { server, queryClient, bridge } = connect();
  let version = 1;
  server.setFirst(() => version);
  server.setAnswer(() => version);
  const options = live(optionsOf(server, "posts.list"));
  return {
    server,
    queryClient,
    bridge,
    options,
    write: () => void version++,
    fetch: () => whileTimePasses(queryClient.fetchQuery(options as never)),
    ensure: (revalidateIfStale: boolean) =>
      whileTimePasses(queryClient.ensureQueryData({ ...options, revalidateIfStale } as never)),
  };
}

async function whileTimePasses<T>(promise: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(10);
  return promise;
}

it("fetchQuery returns live data without a request", async () => {
  const { server, fetch, write } = openPage();
  expect(await fetch()).toBe(1);
  write();
  server.send("posts.list", 2);
  server.flush();
  expect(await fetch()).toBe(2);
  expect([server.opened.length, server.requests.length]).toEqual([1, 0]);
});

it("fetchQuery sends a request once the subscription is closed", async () => {
  const { server, fetch, write } = openPage();
  expect(await fetch()).toBe(1);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(server.open()).toEqual([]);
  write();
  expect(await fetch()).toBe(2);
  // A second time within the five seconds for which the subscription stays open.
  expect(await fetch()).toBe(2);
  expect([server.opened.length, server.requests.length]).toEqual([2, 0]);
});

it("fetchQuery sends a request after the last component has unmounted and the query was disabled", async () => {
  const { server, queryClient, options, fetch, write } = openPage();
  const { observer, stop } = watch(queryClient, options);
  await vi.advanceTimersByTimeAsync(10);
  observer.setOptions({ ...options, enabled: false } as never);
  await vi.advanceTimersByTimeAsync(10);
  expect(server.open()).toEqual([]);
  write();
  stop();
  expect(await fetch()).toBe(2);
});

it("fetchQuery sends a request while the connection is lost", async () => {
  const { server, queryClient, options, fetch, write } = openPage();
  watch(queryClient, options);
  await vi.advanceTimersByTimeAsync(10);
  server.state("connecting", new Error("The connection was lost."));
  write();
  expect(await fetch()).toBe(2);
  expect(server.requests).toHaveLength(1);
});

it("fetchQuery sends a request after the bridge was disconnected", async () => {
  const { bridge, fetch, write } = openPage();
  expect(await fetch()).toBe(1);
  bridge.disconnect();
  await vi.advanceTimersByTimeAsync(10);
  write();
  expect(await fetch()).toBe(2);
});

it("ensureQueryData finds the data stale once the subscription is closed", async () => {
  const { queryClient, ensure, write } = openPage();
  expect(await ensure(true)).toBe(1);
  await vi.advanceTimersByTimeAsync(6_000);
  write();
  expect(await ensure(false)).toBe(1);
  expect(await ensure(true)).toBe(1);
  await vi.advanceTimersByTimeAsync(10);
  expect(queryClient.getQueryData([["posts", "list"], { type: "query" }])).toBe(2);
});

it("a component that mounts over stale data shows it, and then the new data, over one subscription", async () => {
  const { server, queryClient, options, fetch, write } = openPage();
  await fetch();
  await vi.advanceTimersByTimeAsync(6_000);
  write();
  const { observer } = watch(queryClient, options);
  expect(observer.getCurrentResult().data).toBe(1);
  await vi.advanceTimersByTimeAsync(10);
  expect(observer.getCurrentResult().data).toBe(2);
  expect([server.opened.length, server.requests.length]).toEqual([2, 0]);
});

it("a component that mounts while the data is live sends no request", async () => {
  const { server, queryClient, options } = openPage();
  watch(queryClient, options);
  await vi.advanceTimersByTimeAsync(10);
  watch(queryClient, options);
  await vi.advanceTimersByTimeAsync(10);
  expect([server.opened.length, server.requests.length]).toEqual([1, 0]);
});

it("stays connected until its last user disconnects", async () => {
  const { server, queryClient, bridge, options } = openPage();
  bridge.connect();
  const { results } = watch(queryClient, options);
  await vi.advanceTimersByTimeAsync(10);
  bridge.disconnect();
  await vi.advanceTimersByTimeAsync(10);
  server.send("posts.list", 2);
  server.flush();
  await vi.advanceTimersByTimeAsync(10);
  expect([results.at(-1), bridge.status()]).toEqual([2, "live"]);
  bridge.disconnect();
  await vi.advanceTimersByTimeAsync(10);
  expect([server.open(), bridge.status()]).toEqual([[], "idle"]);
});
