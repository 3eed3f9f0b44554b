import type { Kv } from "../router/kv/kv-api.js";
import type { Caller } from "../shared/caller.js";
import type { Address } from "../shared/owner.js";
import type { Alarms } from "./alarms.js";
import type { App } from "./app.js";
import type { AppIdentity } from "./app-identity.js";
import type { Owned } from "./entry.js";
import type { InternalRequest } from "../shared/internal.js";
import type { DeadLetter } from "./outbox/outbox-store.js";
import type { LiveRunner } from "./live/live-queries.js";
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
}

/** What makes a user's object different from an organization's, and both from an e-mail index's. */
export interface KindOfObject extends Owned {
  /** Brings what is stored up to date with the app's definitions. Runs once, when the object wakes. */
  readonly start?: () => void;
  /** Answers another object's, or the Worker's, own message. */
  readonly internal?: (request: InternalRequest) => unknown;
  /** Tells subscribers what was written past the tables. */
  readonly settle?: () => void;
  /** Where sockets may be opened: what they can listen to, and who may. */
  readonly live?: {
    readonly hub: () => ChangeHub;
    readonly isBorn: () => boolean;
    readonly isAlive: (caller: Caller) => boolean;
    /** Rows of the app's tables as they are stored; `undefined` for any other table. */
    readonly rows: LiveRunner["rows"];
  };
  readonly deadLetters?: () => DeadLetter[];
  /** The app's tables, for the methods that its own class adds. */
  readonly tables?: () => object;
  /** Keys and values, for the same. */
  readonly kv?: () => Kv;
  /** Kysely over the app's tables, for the same. */
  readonly db?: () => object;
}
