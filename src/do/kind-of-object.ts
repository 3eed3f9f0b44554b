import type { Kv } from "../router/kv/kv-api.js";
import type { SetUserFields } from "../router/user-fields.js";
import type { Caller } from "../shared/caller.js";
import type { Address } from "../shared/owner.js";
import type { Alarms } from "./alarms.js";
import type { App } from "./app.js";
import type { AppIdentity } from "./app-identity.js";
import type { Owned } from "./entry.js";
import type { InternalRequest } from "../shared/internal.js";
import type { DeadLetter } from "./outbox/outbox-store.js";
import type { LiveRunner } from "./live/live-runner.js";
import type { ChangeHub } from "./sockets/change-hub.js";

/** What an object knows of itself when it is made. */
export interface ObjectEnvironment {
  readonly state: DurableObjectState;
  readonly app: App;
  readonly address: Address;
  /** @throws Error in one line, when the app is not configured */
  readonly identity: () => AppIdentity;
  readonly env: Cloudflare.Env;
  /** Wakes the object's parts when something of theirs is due. */
  readonly alarms: Alarms;
  /** Ends the sockets of a session. */
  readonly endSession: (sessionId: string) => void;
  /** Ends the sockets of somebody who is no member any more. */
  readonly endMember: (userId: string) => void;
}

/**
 * Whether a caller may act in an object, or be told of it, now: `ask` when it has to be asked elsewhere first, `over`
 * when the session is, `forbidden` for whoever is no member (any more).
 */
export type Admission = "alive" | "ask" | "over" | "forbidden";

/** What makes a user's object different from an organization's, and both from an e-mail index's. */
export interface KindOfObject extends Owned {
  /**
   * Brings the stored schema up to date with the app's definitions. Runs once, when the object wakes.
   *
   * @returns errors that concern a part of the object only, for the app's `onError`
   */
  readonly start?: () => readonly Error[] | void;
  /** Answers another object's, or the Worker's, own message. */
  readonly internal?: (request: InternalRequest) => unknown;
  /** Tells subscribers what was written in this turn now, rather than at its end. */
  readonly settle?: () => void;
  /** Sends what others have to be told, and waits for it, but not for long; `undefined` when there is nothing. */
  readonly reach?: () => Promise<void> | undefined;
  /** Where sockets may be opened: what they can listen to, and who may. */
  readonly live?: LiveObject;
  readonly deadLetters?: () => DeadLetter[];
  /** The app's tables, for the methods that its own class adds. */
  readonly tables?: () => object;
  /** Keys and values, for the same. */
  readonly kv?: () => Kv;
  /** Sets the fields of the user that only server code writes, for the same. */
  readonly setUserFields?: SetUserFields;
  /** Kysely over the app's tables, for the same. */
  readonly db?: () => object;
}

/** Where sockets may be opened: what they can listen to, and who may. */
export interface LiveObject {
  readonly hub: () => ChangeHub;
  /** Whether there is anything stored, or any more. */
  readonly isBorn: () => boolean;
  /**
   * Whether several members share the object: each then has limits of their own.
   * @default false
   */
  readonly isShared?: boolean;
  readonly admission: (caller: Caller) => Admission;
  /**
   * Finds out about a caller whose admission is "ask"; `undefined` for the others.
   * @throws TRPCError when they may not
   */
  readonly admit?: (caller: Caller) => Promise<void> | undefined;
  /** Rows of the app's tables as they are stored; `undefined` for any other table. */
  readonly rows: LiveRunner["rows"];
  /** Changes whenever a caller may do something else than before. What a socket listens to is then opened anew. */
  readonly standing?: (caller: Caller) => number | undefined;
  /** Runs once for each socket that is opened, before the object accepts it. */
  readonly onUpgrade?: (caller: Caller) => void;
  /**
   * Records that the caller's session is in use. Runs for each message of the client and each frame that is sent to it.
   * @default the session's lease is renewed when something is sent or received, which records it in the user's object
   */
  readonly onUse?: (caller: Caller) => void;
}
