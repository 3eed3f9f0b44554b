import type { SignInChange } from "./other-tabs.js";

/** Whether a user is signed in, according to the server; `unknown` without a response. */
export type SignInStatus = "signedIn" | "signedOut" | "unknown";

export interface SessionWatchOptions {
  /** Reads the sign-in status from the server. */
  readonly ask: () => Promise<SignInStatus>;
  /**
   * Called when the session has ended, though no call of this client ended it. `wasSignedIn` is false if the first response
   * showed that nobody is signed in.
   */
  readonly onEnd: (wasSignedIn: boolean) => void;
}

/**
 * The delay before a check, in milliseconds. A change of password gives the session a new id and ends the old one, and the
 * response with the new session may not have arrived yet.
 */
const RETRY_DELAY_MS = 250;

/**
 * Detects that the session was revoked elsewhere, or has expired. A rejected call or a closed socket is only a hint (the call
 * may have had a wrong password), so one request to the server checks all hints.
 */
export function createSessionWatch({ ask, onEnd }: SessionWatchOptions) {
  /** Counts this client's own changes of sign-in. A response to a request from before such a change is ignored. */
  let epoch = 0;
  let isSignedOut = false;
  let isKnown = false;
  let checking: Promise<void> | undefined;

  async function checkSession(): Promise<void> {
    const asked = epoch;
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    // Another part of the client compares the user of the response.
    if (asked === epoch && (await ask()) === "signedOut") end(asked, true);
  }

  function end(asked: number, wasSignedIn: boolean): void {
    if (asked !== epoch || isSignedOut) return;
    isSignedOut = true;
    onEnd(wasSignedIn);
  }

  return {
    /** Returns the current epoch. The caller passes it to {@link onSignedOut} with the response of a request that starts now. */
    epoch: (): number => epoch,

    /** Called when a response of `auth.me` to the app shows that nobody is signed in. */
    onSignedOut: (asked: number): void => end(asked, isKnown),

    /** Whether nobody is signed in, as far as the client knows. Subscriptions wait meanwhile. */
    isSignedOut: (): boolean => isSignedOut,

    /** Called when a user is signed in: the server has returned the user, or has accepted a socket. */
    onSignedIn(): void {
      if (!isSignedOut) isKnown = true;
    },

    /**
     * Asks the server whether the session has ended, because a hint suggests it.
     *
     * @param isOther whether another user may be signed in. Then the server is asked even if nobody was signed in here
     */
    check(isOther = false): void {
      if (isSignedOut && !isOther) return;
      checking ??= checkSession().finally(() => {
        checking = undefined;
      });
    },

    /** Called when a call of this client changed the sign-in; `undefined` for another session of the same user. */
    changed(change: SignInChange | undefined): void {
      epoch++;
      isSignedOut = change === "signedOut";
      isKnown = !isSignedOut;
    },
  };
}

export type SessionWatch = ReturnType<typeof createSessionWatch>;
