import { useQuery } from "@tanstack/react-query";
import { cleanup, render, waitFor } from "@testing-library/react";
import { StrictMode } from "react";
import { createUserDOReact } from "trpc-userdo/react";
import { afterEach, expect, it, vi } from "vitest";
import type { LiveRouter } from "../fixtures/app/live.js";
import { stubChannels } from "./open-channels.js";

const { UserDOProvider, useTRPC } = createUserDOReact<LiveRouter>();

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function Count() {
  const { data } = useQuery(useTRPC().notes.count.queryOptions({ list: "a" }));
  return <p>{data ?? "…"}</p>;
}

const page = (url: string) => (
  <StrictMode>
    <UserDOProvider url={url}>
      <Count />
    </UserDOProvider>
  </StrictMode>
);

it("sends requests to the new server after the provider's URL changes, and keeps nothing of the first", async () => {
  const channels = stubChannels();
  const counts = new Map([
    ["https://one.example.com", 1],
    ["https://two.example.com", 2],
  ]);
  vi.stubGlobal("fetch", (url: string) =>
    Promise.resolve(Response.json([{ result: { data: { json: counts.get(new URL(url).origin) } } }])),
  );
  const { container, rerender } = render(page("https://one.example.com/trpc"));
  await waitFor(() => expect(container.textContent).toBe("1"));
  rerender(page("https://two.example.com/trpc"));
  await waitFor(() => expect(container.textContent).toBe("2"));
  await waitFor(() =>
    expect([...channels].map(({ name }) => name)).toEqual(["trpc-userdo:https://two.example.com/trpc"]),
  );
});
