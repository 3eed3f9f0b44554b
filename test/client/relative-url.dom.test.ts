import { afterEach, expect, it, vi } from "vitest";
import { createClient } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";
import { stubChannels } from "../react/open-channels.js";

afterEach(() => {
  vi.unstubAllGlobals();
  document.head.replaceChildren();
});

/** A page of an app that is served below `/shop/`, as its `<base>` says. */
function openPage() {
  const base = document.createElement("base");
  base.href = "http://localhost:3000/shop/";
  document.head.append(base);
  const sockets: string[] = [];
  const channels = stubChannels();
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json([{ result: { data: { json: "pong" } } }])));
  vi.stubGlobal(
    "WebSocket",
    class {
      constructor(url: string) {
        sockets.push(url);
      }
      addEventListener(): void {}
      close(): void {}
    },
  );
  return { sockets, channels };
}

it("resolves the socket and the tabs' channel against the page's <base>, like its requests", async () => {
  const { sockets, channels } = openPage();
  const client = createClient<AppRouter>({ url: "trpc" });
  const { unsubscribe } = client.kv.watch.subscribe({ prefix: "a" }, {});
  await expect.poll(() => sockets, { timeout: 10_000 }).toEqual(["ws://localhost:3000/shop/trpc"]);
  expect([...channels].map(({ name }) => name)).toEqual(["trpc-userdo:http://localhost:3000/shop/trpc"]);
  unsubscribe();
});
