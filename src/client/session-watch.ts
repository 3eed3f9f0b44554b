import type { SignInChange } from "./other-tabs.js";

/** What the server says of whether anybody is signed in; `unknown` when it could not be asked. */
export type Answer = "signedIn" | "signedOut" | "unknown";

export interface SessionWatchOptions {
  /** Asks the server who is signed in. */
  readonly ask: () => Promise<Answer>;
  /**
   * The session is over, though no call of this client has ended it. `wasSignedIn` is false when nobody was known to
   * be signed in, and the server was asked for the first time.
   */
  readonly onEnd: (wasSignedIn: boolean) => void;
}

/**
 * How long to wait before asking, in milliseconds. A change of password gives the session a new id and ends the old
 * one: the reply that brings it may still be on its way to this browser.
 */
const RETRY_DELAY_MS = 250;

/**
 * Notices that a session was ended elsewhere: by another browser, by another tab, by time. A refused call and a closed
 * socket are only hints (the one may be about a wrong password), so the server is asked, once for however many.
 */
export function createSessionWatch({ ask, onEnd }: SessionWatchOptions) {
  /** Counts what this client itself did to who is signed in: an answer to an older question says nothing any more. */
  let era = 0;
  let over = false;
  let known = false;
  let asking: Promise<void> | undefined;

  async function check(): Promise<void> {
    const asked = era;
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    // The reply itself shows whether another user is signed in.
    if (asked === era && (await ask()) === "signedOut") end(asked, true);
  }

  function end(asked: number, wasSignedIn: boolean): void {
    if (asked !== era || over) return;
    over = true;
    onEnd(wasSignedIn);
  }

  return {
    /** To be called when a question is sent whose answer goes to {@link answered}. */
    era: (): number => era,

    /** The server was asked anyway, and said that nobody is signed in. */
    answered: (asked: number): void => end(asked, known),

    /** Nobody is signed in, as far as is known: what needs somebody may as well wait. */
    isOver: (): boolean => over,

    /** Somebody is signed in: the server has said so, or has taken a socket. */
    seen(): void {
      if (!over) known = true;
    },

    /**
     * Asks the server whether the session is over, because something suggests it.
     *
     * @param isOther whether another user may be signed in. Then the server is asked even if nobody was signed in here
     */
    suspect(isOther = false): void {
      if (over && !isOther) return;
      asking ??= check().finally(() => {
        asking = undefined;
      });
    },

    /** A call of this client did something to who is signed in; `undefined` for another session of the same user. */
    changed(change: SignInChange | undefined): void {
      era++;
      over = change === "signedOut";
      known = !over;
    },
  };
}

export type SessionWatch = ReturnType<typeof createSessionWatch>;
