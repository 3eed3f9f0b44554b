import { notifyManager, type QueryClient } from "@tanstack/react-query";
import { onSignInChange } from "../client/index.js";
import { bridgeOf } from "../client/live/bridges.js";
import { forgetUser } from "../client/live/forget-user.js";

/** The key of the one query that knows who is signed in. */
export const sessionKey = ["trpc-userdo", "session"] as const;

/**
 * Keeps a cache to whoever is signed in: at each change it forgets the user before, and knows the new one, all in one
 * batch, so that nothing is rendered in between. Gives the function that stops it.
 */
export function followSignIn(client: object, queryClient: QueryClient): () => void {
  return onSignInChange(client, (change, user) =>
    notifyManager.batch(() => {
      bridgeOf(queryClient)?.forget();
      forgetUser({ queryClient, keeps: ([first]) => first === sessionKey[0] });
      // An answer that is still on its way is about the time before.
      void queryClient.cancelQueries({ queryKey: sessionKey });
      if (change === "signedOut") queryClient.setQueryData(sessionKey, null);
      else if (user) queryClient.setQueryData(sessionKey, user);
      else void queryClient.resetQueries({ queryKey: sessionKey });
    }),
  );
}
