import { QueryClient, useQuery } from "@tanstack/react-query";
import { act, cleanup, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createQueryClient } from "trpc-userdo/react";
import { sendToServer, live, show, signUp, useRetryStatus, useTRPC, type Person } from "./live-app.js";
import { eventually } from "./notes.js";

let ada: Person;
beforeAll(async () => void (ada = await signUp()), 60_000);
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** Records each state of a query. */
function Query({ kind, states }: { readonly kind: keyof typeof kinds; readonly states: string[] }) {
  const { status, error, failureCount } = useQuery(kinds[kind](useTRPC()) as never) as ReturnType<typeof useQuery>;
  const code = (error as { data?: { code?: string } } | null)?.data?.code;
  const state = [status, failureCount, code].join(" ").trim();
  if (states.at(-1) !== state) states.push(state);
  return null;
}

type TRPC = ReturnType<typeof useTRPC>;
const kinds = {
  "a rejected input": (trpc: TRPC): object => trpc.notes.above.queryOptions({ rank: "high" } as never),
  "a rejected input of a live query": (trpc: TRPC): object =>
    live(trpc.notes.above.queryOptions({ rank: "high" } as never)),
  "a live query that fetches": (trpc: TRPC): object => live(trpc.odd.fetches.queryOptions()),
  "a live query of an organization without its id": (trpc: TRPC): object =>
    live(trpc.papers.list.queryOptions({} as never)),
  "a good query": (trpc: TRPC): object => trpc.notes.above.queryOptions({ rank: 0 }),
} as const;

describe.each([
  ["the default client", (): undefined => undefined],
  ["an own client", (): QueryClient => new QueryClient()],
  ["createQueryClient", (): QueryClient => createQueryClient()],
] as const)("with %s", (_, queryClientOf) => {
  it.each([
    ["a rejected input", "BAD_REQUEST"],
    ["a rejected input of a live query", "BAD_REQUEST"],
    ["a live query that fetches", "METHOD_NOT_SUPPORTED"],
    ["a live query of an organization without its id", "FORBIDDEN"],
  ] as const)("%s shows its error after one request", async (kind, code) => {
    const states: string[] = [];
    const queryClient = queryClientOf();
    const tab = show(ada.jar, <Query kind={kind} states={states} />, { queryClient: queryClient ?? "default" });
    await waitFor(() => expect(states.at(-1)).toBe(`error 1 ${code}`), eventually);
    expect(states).toEqual(["pending 0", `error 1 ${code}`]);
    expect(tab.requests.length + tab.sent.join("").split('"_live"').length - 1).toBe(1);
  });
});

describe("the default client", () => {
  const failures = {
    "a lost connection": () => Promise.reject(new TypeError("Failed to fetch")),
    "a proxy's 502": () => Promise.resolve(new Response("<html>", { status: 502 })),
    "a proxy's 503 with Retry-After": () =>
      Promise.resolve(new Response("<html>", { status: 503, headers: { "retry-after": "2" } })),
  };

  it.each(Object.entries(failures))("retries after %s", async (kind, fail) => {
    const states: string[] = [];
    const sent: number[] = [];
    const send: typeof sendToServer = (url, init) => {
      sent.push(performance.now());
      return sent.length === 1 ? fail() : sendToServer(url, init);
    };
    show(ada.jar, <Query kind="a good query" states={states} />, { send, queryClient: "default" });
    await waitFor(() => expect(states.at(-1)).toBe("success 0"), eventually);
    expect(sent).toHaveLength(2);
    // The client retries itself, so the query has not failed.
    expect(states).toEqual(["pending 0", "success 0"]);
    // The pause is at least as long as the server requested.
    if (kind.includes("Retry-After")) expect(sent[1]! - sent[0]!).toBeGreaterThanOrEqual(1_990);
  });

  it("does not start again when the client has given up", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const states: string[] = [];
    const calls: number[] = [];
    let sent = 0;
    const send: typeof sendToServer = () => {
      sent++;
      return Promise.reject(new TypeError("Failed to fetch"));
    };
    function Retries() {
      const status = useRetryStatus();
      if (calls.at(-1) !== status.calls) calls.push(status.calls);
      return null;
    }
    const page = (
      <>
        <Query kind="a good query" states={states} />
        <Retries />
      </>
    );
    show(ada.jar, page, { send, queryClient: "default" });
    await waitFor(() => expect(states.at(-1)).toBe("error 1"), eventually);
    expect(states).toEqual(["pending 0", "error 1"]);
    expect(sent).toBe(5);
    await waitFor(() => expect(calls).toEqual([0, 1, 0]), eventually);
  });

  it("keeps an app's own retries", async () => {
    const states: string[] = [];
    const queryClient = new QueryClient({ defaultOptions: { queries: { retry: 1, retryDelay: 0 } } });
    show(ada.jar, <Query kind="a rejected input" states={states} />, { queryClient });
    await waitFor(() => expect(states.at(-1)).toBe("error 2 BAD_REQUEST"), eventually);
    await act(() => Promise.resolve());
  });
});
