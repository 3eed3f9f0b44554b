import type { Kv } from "../../router/kv/kv-api.js";
import type { SetUserFields } from "../../router/user-fields.js";
import type { ObjectAddress } from "../../shared/owner.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { App } from "./app.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { SocketCapability } from "../sockets/socket-capability.js";
import type { ObjectPolicy } from "./object-policy.js";
import type { InternalReply, InternalRequest } from "../../shared/internal.js";
import type { DeadLetter } from "../messaging/outbox-store.js";

export type HandlerReply = InternalReply<InternalRequest>;

/** What an object knows of itself when it is made. */
export interface ObjectEnvironment {
  readonly state: DurableObjectState;
  readonly app: App;
  readonly address: ObjectAddress;
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

/** What makes a user's object different from an organization's, and both from an e-mail index's. */
export interface ObjectHandler extends ObjectPolicy {
  /**
   * Brings the stored schema up to date with the app's definitions. Runs once, when the object wakes.
   *
   * @returns errors that concern a part of the object only, for the app's `onError`
   */
  readonly start?: () => readonly Error[] | void;
  /** Handles a request of another object or of the Worker. */
  readonly internal?: (request: InternalRequest) => HandlerReply | Promise<HandlerReply>;
  /** Tells subscribers what was written in this turn now, rather than at its end. */
  readonly flushWrites?: () => void;
  /** Sends what others have to be told, and waits for it, but not for long; `undefined` when there is nothing. */
  readonly flushOutbox?: () => Promise<void> | undefined;
  /** Where sockets may be opened: what they can listen to, and who may. */
  readonly sockets?: SocketCapability;
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
