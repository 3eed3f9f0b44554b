import { notifyManager, type MutationKey, type QueryClient } from "@tanstack/react-query";
import { getUntypedClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { onSignInChange } from "../client/index.js";
import { bridgeOf } from "../client/live/bridges.js";
import { clearUserData } from "../client/live/clear-user-data.js";
import { sessionKey } from "../client/session-key.js";
import { canPass } from "./retry-policy.js";

/** The built-in mutations that change the result of `auth.me`, and do not begin or end a session. */
const userMutations = new Set(["account.update", "auth.verifyEmail", "auth.confirmEmailChange"]);

/** Whether the mutation of this key changes the signed-in user. tRPC's key has the path as one of its parts. */
export function changesUser(mutationKey: MutationKey | undefined): boolean {
  return mutationKey?.some((part) => Array.isArray(part) && userMutations.has(part.join("."))) ?? false;
}

interface Following {
  providers: number;
  readonly stop: () => void;
}

const following = new WeakMap<QueryClient, WeakMap<object, Following>>();

/**
 * Clears a cache when the signed-in user changes. Several providers can share one cache. Returns the function that stops it.
 */
export function followSignIn<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
  queryClient: QueryClient,
): () => void {
  const ofCache = following.get(queryClient) ?? new WeakMap<object, Following>();
  following.set(queryClient, ofCache);
  const known = ofCache.get(client) ?? { providers: 0, stop: follow(client, queryClient) };
  known.providers++;
  ofCache.set(client, known);
  return () => {
    known.providers--;
    if (known.providers > 0) return;
    ofCache.delete(client);
    known.stop();
  };
}

function follow<TRouter extends AnyTRPCRouter>(client: TRPCClient<TRouter>, queryClient: QueryClient): () => void {
  // One batch removes the data of the previous user and sets the new one, so that React renders nothing in between.
  const stopEvents = onSignInChange(client, (change, user) =>
    notifyManager.batch(() => {
      bridgeOf(queryClient)?.reset();
      clearUserData({ queryClient, keeps: ([first]) => first === sessionKey[0] });
      // A request in flight may return the previous user.
      void queryClient.cancelQueries({ queryKey: sessionKey });
      if (change === "signedOut") queryClient.setQueryData(sessionKey, null);
      else if (user) queryClient.setQueryData(sessionKey, user);
      else void queryClient.resetQueries({ queryKey: sessionKey });
    }),
  );

  const stopMutations = queryClient.getMutationCache().subscribe((event) => {
    if (event.type !== "updated" || event.action.type !== "success") return;
    if (changesUser(event.mutation.options.mutationKey)) void queryClient.invalidateQueries({ queryKey: sessionKey });
  });

  /** The page comes back from the back/forward cache. It has missed all events since it was left. */
  function onPageShow({ persisted }: PageTransitionEvent): void {
    if (!persisted) return;
    const isObserved = queryClient.getQueryCache().find({ queryKey: sessionKey })?.isActive();
    // The signed-in user is unknown until the server has responded.
    void queryClient.resetQueries({ queryKey: sessionKey });
    // The client compares the user of each response with the user of the page, so any response is enough.
    if (!isObserved)
      void getUntypedClient(client)
        .query("auth.me")
        .catch(() => {});
  }

  /** The network is back. TanStack Query does not notice it on a page that started offline. */
  function onOnline(): void {
    askAgain();
    void queryClient.refetchQueries({
      type: "active",
      predicate: ({ queryKey, state }) =>
        queryKey[0] !== sessionKey[0] && state.status === "error" && canPass(state.error),
    });
  }

  /** Reads the signed-in user again, because the network is back, or the page is visible again. */
  function askAgain(): void {
    if (globalThis.document?.visibilityState === "hidden") return;
    const isUnknown = queryClient.getQueryData(sessionKey) === undefined;
    void queryClient.refetchQueries({ queryKey: sessionKey, type: "active" }, { cancelRefetch: isUnknown });
  }

  const ended = new AbortController();
  const { signal } = ended;
  // React Native has a window without events.
  globalThis.window?.addEventListener?.("pageshow", onPageShow, { signal });
  globalThis.window?.addEventListener?.("online", onOnline, { signal });
  globalThis.document?.addEventListener?.("visibilitychange", askAgain, { signal });
  return () => {
    stopEvents();
    stopMutations();
    ended.abort();
  };
}
