import { notifyManager, QueryClient, QueryObserver } from "@tanstack/query-core";
import { afterEach } from "vitest";
import { createLiveBridge } from "../../../src/client/live/create-live-bridge.js";
import { createScriptedServer } from "./scripted-server.js";

export type Server = ReturnType<typeof createScriptedServer>;

/**
 * Waits for everything that has started: the scripted server and TanStack Query's notifications each take a turn. It counts
 * turns and not time, so that a busy machine makes no difference.
 */
export async function runTasks(turns = 10): Promise<void> {
  while (turns-- > 0) await new Promise((resolve) => setTimeout(resolve, 0));
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A TanStack Query cache without an app, connected to a scripted server. */
export function connect(server: Server = createScriptedServer()) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const bridge = createLiveBridge({ client: server.client, queryClient, notifyManager });
  bridge.connect();
  open.push(bridge.disconnect, () => queryClient.clear());
  return { server, queryClient, bridge };
}

/** Options in the form of `@trpc/tanstack-react-query`. */
export function optionsOf(server: Server, path: string, input?: unknown, more: object = {}) {
  return {
    queryKey: [path.split("."), { ...(input !== undefined && { input }), type: "query" }],
    queryFn: () => (server.client as any)[path.split(".")[0]!][path.split(".")[1]!].query(input) as Promise<unknown>,
    trpc: { path },
    ...more,
  };
}

/** Watches a query, and records each result that it shows. */
export function watch(queryClient: QueryClient, options: ReturnType<typeof optionsOf>) {
  const observer = new QueryObserver(queryClient, options);
  const results: unknown[] = [];
  // Reads the result at the end of a batch, like an adapter that renders.
  const render = notifyManager.batchCalls(() => {
    const { data } = observer.getCurrentResult();
    if (data !== undefined && results.at(-1) !== data) results.push(data);
  });
  const stop = observer.subscribe(render);
  return { results, stop, observer };
}
