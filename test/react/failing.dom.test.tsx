import { QueryClient, useQuery } from "@tanstack/react-query";
import { act, cleanup, waitFor } from "@testing-library/react";
import { createQueryClient } from "trpc-userdo/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sendToServer, live, show, signUp, useLiveStatus, useTRPC, type Person } from "./live-app.js";
import { eventually } from "./notes.js";
import { skip, skipUntil, useSkippableTime } from "./skip-time.js";

useSkippableTime();

let ada: Person;
beforeEach(async () => void (ada = await signUp()), 60_000);
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** From now on the query of the page fails with a code. Returns the function that lets it succeed again. */
async function failWith(code: string): Promise<() => Promise<unknown>> {
  const { id } = await ada.client.notes.create.mutate({ text: code, list: "failures" });
  return () => ada.client.notes.delete.mutate({ id });
}

function Page({ states }: { readonly states: string[] }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(live(trpc.odd.failing.queryOptions()));
  const status = useLiveStatus();
  const state = [status, data, error?.data?.code].filter(Boolean).join(" ");
  if (states.at(-1) !== state) states.push(state);
  return null;
}

const expectState = (states: string[], state: string) => waitFor(() => expect(states.at(-1)).toBe(state), eventually);
/** The same, after the pause before the query is sent again. */
const returnsTo = (states: string[], state: string) => skipUntil(() => expect(states.at(-1)).toBe(state));

describe.each([
  ["SERVICE_UNAVAILABLE", "connecting fine"],
  ["TOO_MANY_REQUESTS", "connecting fine"],
  ["TIMEOUT", "connecting fine"],
  ["INTERNAL_SERVER_ERROR", "connecting fine INTERNAL_SERVER_ERROR"],
])("a live query that gets %s", (code, meanwhile) => {
  it("recovers, and follows others' writes again", async () => {
    const states: string[] = [];
    const tab = show(ada.jar, <Page states={states} />, { queryClient: "default" });
    await expectState(states, "live fine");
    const heal = await failWith(code);
    await expectState(states, meanwhile);
    await heal();
    await returnsTo(states, "live fine");
    const healAgain = await failWith("CONFLICT");
    await expectState(states, "error fine CONFLICT");
    await healAgain();
    expect(tab.requests).toEqual([]);
  }, 30_000);

  it("shows the error on the first run, and recovers", async () => {
    const states: string[] = [];
    const heal = await failWith(code);
    show(ada.jar, <Page states={states} />, {
      queryClient: new QueryClient({ defaultOptions: { queries: { retry: false } } }),
    });
    await expectState(states, `connecting ${code}`);
    await heal();
    await returnsTo(states, "live fine");
  }, 30_000);
});

it("ends a live query that is rejected on its first run, and reports the status until a refetch", async () => {
  const states: string[] = [];
  const heal = await failWith("CONFLICT");
  const queryClient = createQueryClient();
  show(ada.jar, <Page states={states} />, { queryClient });
  await expectState(states, "error CONFLICT");
  await heal();
  await act(() => queryClient.refetchQueries());
  await expectState(states, "live fine");
});

it("refetches an ordinary query of a page that starts offline when the network returns", async () => {
  const isUp = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  const send: typeof sendToServer = (url, init) =>
    navigator.onLine ? sendToServer(url, init) : Promise.reject(new TypeError("Failed to fetch"));
  const states: string[] = [];
  function Plain() {
    const trpc = useTRPC();
    const { data, error } = useQuery(trpc.odd.failing.queryOptions());
    const invalid = useQuery(trpc.notes.above.queryOptions({ rank: "high" } as never));
    states.push(`${data ?? error?.message} ${invalid.error?.data?.code}`);
    return null;
  }
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const tab = show(ada.jar, <Plain />, { send, queryClient });
  await waitFor(() => expect(states.at(-1)).toContain("There is no network"), eventually);
  isUp.mockReturnValue(true);
  act(() => void window.dispatchEvent(new Event("online")));
  await expectState(states, "fine BAD_REQUEST");
  const requests = tab.requests.length;
  // The client does not retry a query that cannot succeed later.
  act(() => void window.dispatchEvent(new Event("online")));
  await skip(100);
  expect(tab.requests).toHaveLength(requests);
});
