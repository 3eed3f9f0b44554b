import { getUntypedClient } from "@trpc/client";
import { createClient, watchQuery, type SocketClass, type TokenStore } from "trpc-userdo/client";
import type { AppRouter } from "../../fixtures/app/router.js";
import type { Journal, Period } from "./journal.js";

export interface TabOptions {
  readonly journal: Journal;
  readonly fetch: (url: unknown, init: RequestInit | undefined) => Promise<Response>;
  readonly WebSocket: SocketClass;
  readonly tokens: TokenStore;
}

/** A tab of an app that learns the signed-in user from the client's events alone. */
export function openTab({ journal, fetch, WebSocket, tokens }: TabOptions) {
  let period: Period = { user: undefined };
  let running = 0;
  const changes: string[] = [];

  const typed = createClient<AppRouter>({
    url: "http://localhost/trpc",
    fetch: (url, init) => fetch(url, init as RequestInit | undefined),
    WebSocket,
    tokens,
    onSignInChange(change, signedIn) {
      changes.push(change);
      period = { user: change === "signedOut" ? "nobody" : signedIn?.id };
    },
  });
  const client = getUntypedClient(typed);

  /** Starts a call. A result that names a user has to name the user for whom the call started. */
  function call(start: (number: number) => Promise<unknown>): Promise<void> {
    const number = journal.begin(() => period);
    running++;
    return start(number)
      .then(
        (data) => void (typeof data === "string" && journal.read(number, data)),
        () => {},
      )
      .finally(() => running--);
  }

  return {
    /** The events of the client. */
    changes,
    call: () => void call((number) => client.query("posts.list", { call: number })),
    readPublic: () => void call((number) => client.query("public.read", { call: number })),
    write: () => void call((number) => client.mutation("posts.create", { call: number })),
    signIn: (user: string) => void call(() => client.mutation("auth.login", { email: `${user}@example.com` })),
    signOut: () => void call((number) => client.mutation("auth.logout", { call: number })),
    changePassword: () => void call((number) => client.mutation("auth.changePassword", { call: number })),
    subscribe(): void {
      const onData = (event: unknown): void => journal.receive((event as { data: string }).data, period);
      client.subscription("posts.changes", undefined, { onData, onError: () => {} });
    },
    watch(): void {
      const onData = (data: unknown): void => journal.receive(data as string, period);
      watchQuery(typed.posts.list, undefined, { onData, onError: () => {} });
    },
    isAtRest: (): boolean => running === 0,
    /**
     * Fetches the signed-in user, like an app that does not know it. The call fails if it is another user than the app
     * knows.
     */
    async check(): Promise<string> {
      const started = period;
      const user = await client.query("auth.me").then(
        (data) => (data as { user: { id: string } }).user.id,
        () => "nobody",
      );
      if (started !== period) return "changed";
      started.user ??= user;
      return user === started.user ? user : `${user} in place of ${started.user}`;
    },
  };
}

export type Tab = ReturnType<typeof openTab>;
