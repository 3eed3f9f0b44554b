import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient } from "trpc-userdo/client";
import { stubChannels } from "./open-channels.js";
import { createClientRegistry, type ClientsOptions } from "../../src/react/client-registry.js";

let channels: ReadonlySet<object>;

beforeEach(() => {
  vi.useFakeTimers();
  channels = stubChannels();
});
afterEach(async () => {
  await vi.advanceTimersByTimeAsync(60_000);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

type Options = ClientsOptions<never>;
const nothing: Options = { url: "https://blog.example.com/trpc", client: undefined, queryClient: undefined };

describe.each([
  ["nothing given", (): Options => nothing],
  ["an own client", (): Options => ({ ...nothing, client: createClient<never>({ url: nothing.url as string }) })],
])("with %s", (_, optionsOf) => {
  it("gives each render the same clients until one of them is mounted", () => {
    const registry = createClientRegistry<never>();
    const options = optionsOf();
    const first = registry.obtain(options);
    expect(registry.obtain(options)).toBe(first);
    const unmount = first.mount();
    const second = registry.obtain(options);
    expect(second).not.toBe(first);
    expect(second.client === first.client).toBe(options.client !== undefined);
    expect(second.queryClient === first.queryClient).toBe(options.queryClient !== undefined);
    unmount();
  });
});

it("gives all providers that share a query client the same client, until the last of them is unmounted", async () => {
  const registry = createClientRegistry<never>();
  const options: Options = { ...nothing, queryClient: new QueryClient() };
  const clients = registry.obtain(options);
  expect(registry.obtain(options)).toBe(clients);
  const unmounts = [clients.mount(), clients.mount()];
  expect(registry.obtain(options)).toBe(clients);
  // A discarded render does not close them.
  await vi.advanceTimersByTimeAsync(60_000);
  expect(channels.size).toBe(1);
  for (const unmount of unmounts) unmount();
  await vi.advanceTimersByTimeAsync(1);
  expect(channels.size).toBe(0);
  expect(registry.obtain(options)).not.toBe(clients);
});

it("gives other clients for another URL", () => {
  const registry = createClientRegistry<never>();
  expect(registry.obtain({ ...nothing, url: "https://other.example.com/trpc" })).not.toBe(registry.obtain(nothing));
});

it("closes clients that no provider has mounted, and keeps them while a query is being fetched", async () => {
  const registry = createClientRegistry<never>();
  const { queryClient } = registry.obtain(nothing);
  const response = Promise.withResolvers<string>();
  const fetched = queryClient.fetchQuery({ queryKey: ["slow"], queryFn: () => response.promise });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(channels.size).toBe(1);
  expect(registry.obtain(nothing).queryClient).toBe(queryClient);
  response.resolve("data");
  await fetched;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(channels.size).toBe(0);
  expect(registry.obtain(nothing).queryClient).not.toBe(queryClient);
});

it("closes with the last provider, and opens again with the next, so that a hidden page keeps its state", async () => {
  const clients = createClientRegistry<never>().obtain(nothing);
  const unmounts = [clients.mount(), clients.mount()];
  unmounts[0]?.();
  await vi.advanceTimersByTimeAsync(1);
  expect(channels.size).toBe(1);
  unmounts[1]?.();
  await vi.advanceTimersByTimeAsync(1);
  expect(channels.size).toBe(0);
  const unmount = clients.mount();
  expect(channels.size).toBe(1);
  // Strict mode unmounts and mounts in a row.
  unmount();
  const again = clients.mount();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(channels.size).toBe(1);
  again();
});

it("does not close an app's own client", async () => {
  const client = createClient<never>({ url: nothing.url as string });
  const unmount = createClientRegistry<never>()
    .obtain({ ...nothing, client })
    .mount();
  unmount();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(channels.size).toBe(1);
});
