import type { Caller } from "../shared/caller.js";
import type { SessionEffect } from "../shared/call.js";
import type { Address } from "../shared/owner.js";
import type { Credentials, SignedIn } from "../shared/account.js";

/** Where a Durable Object leaves what the built-in procedures need of it. */
export const ROOM = Symbol("trpc-userdo.room");

/**
 * What the Durable Object that runs a call lends to the framework's own procedures. Types only: `do` supplies
 * the values, so that a router stays importable anywhere.
 */
export interface Room {
  readonly address: Address;
  /** Runs a synchronous piece of work in one storage transaction: all of it, or none. */
  atomic<TResult>(work: () => TResult): TResult;
  /** Asks the Worker to set (or, with `null`, clear) the session's cookies on the reply. */
  setSession(effect: SessionEffect): void;
  /** In a user's object. */
  readonly account?: AccountRoom;
  /** In an e-mail index object. */
  readonly index?: IndexRoom;
}

/** The room that a call runs in; `undefined` in the Worker. */
export function roomOf(ctx: object): Room | undefined {
  return (ctx as { readonly [ROOM]?: Room })[ROOM];
}

/** The account of the user whose object this is. */
export interface AccountRoom {
  me(caller: Caller): SignedIn;
  /** Ends the caller's session here and now: its row, its sockets, its cookies. */
  logout(caller: Caller): void;
}

/** The index entry of one address: which user it belongs to. */
export interface IndexRoom {
  signup(credentials: Credentials): Promise<SignedIn>;
  login(credentials: Credentials): Promise<SignedIn>;
}
