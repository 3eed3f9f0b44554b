import type { Events } from "../../router/events/events-api.js";
import type { Kv } from "../../router/kv/kv-api.js";
import type { Schedule } from "../../router/schedule/schedule-api.js";
import type { SetUserFields } from "../../router/user-fields.js";
import type { ObjectAddress, Owner } from "../../shared/owner.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { SchedulesDeps } from "../schedule/create-schedules.js";
import type { KeyedCalls } from "../idempotency/keyed-calls.js";
import type { App } from "./app.js";
import type { StoredPresence } from "../connections/attachment.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { Observer } from "../signals/observer.js";
import type { SocketCapability } from "../sockets/socket-capability.js";
import type { ObjectPolicy } from "./object-policy.js";
import type { InternalReply, InternalRequest } from "../../shared/internal.js";
import type { DeadLetter } from "../messaging/outbox-store.js";

export type HandlerReply = InternalReply<InternalRequest>;

/** The object that a handler is created for, and the services that it can use. */
export interface ObjectEnvironment {
  readonly state: DurableObjectState;
  readonly app: App;
  readonly address: ObjectAddress;
  /** @throws ConfigurationError if a secret or the binding is missing */
  readonly identity: () => AppIdentity;
  readonly env: Cloudflare.Env;
  /** Schedules the tasks of the object on its alarm. */
  readonly alarms: Alarms;
  /** Reports the work of the object; `undefined` without the option `onCall`. */
  readonly observer: Observer | undefined;
  /** Closes the sockets of a session. */
  readonly endSession: (sessionId: string) => void;
  /** Closes the sockets of a user who was suspended. */
  readonly suspendUser: (userId: string) => void;
  /** Closes the sockets of a former member. */
  readonly endMember: (userId: string) => void;
  /** Stores the presence of an open socket. */
  readonly setPresence: (socket: WebSocket, presence: StoredPresence) => void;
}

/** The behavior of one kind of object. */
export interface ObjectHandler extends ObjectPolicy {
  /**
   * Upgrades the stored schema to the app's definitions. Runs once, when the object starts.
   *
   * @returns errors of single tables, for the app's `onError`
   */
  readonly start?: () => readonly Error[] | void;
  /** Handles a request of another object or of the Worker. */
  readonly internal?: (request: InternalRequest) => HandlerReply | Promise<HandlerReply>;
  /** Notifies subscribers of writes immediately, and not at the end of the turn. */
  readonly flushWrites?: () => void;
  /** Delivers new messages of the outbox, and waits for a limited time; `undefined` if there are none. */
  readonly flushOutbox?: () => Promise<void> | undefined;
  /** Present if clients can open sockets to the object. */
  readonly sockets?: SocketCapability;
  /** Present if the object stores the replies to mutations with idempotency keys. */
  readonly keyedCalls?: KeyedCalls;
  readonly deadLetters?: () => DeadLetter[];
  /** The number of messages and mails that are not delivered yet. */
  readonly countPending?: () => number;
  /** Whether the object refuses calls, because its data is being restored to an earlier time. */
  readonly isRestoring?: () => boolean;
  /** The app's tables, for methods of the app's class. */
  readonly tables?: () => object;
  /** The key-value store, for methods of the app's class. */
  readonly kv?: () => Kv;
  /** The events of the owner, for methods of the app's class. */
  readonly events?: () => Events<never>;
  /** The number of events that slow readers have missed since the object started. */
  readonly droppedEvents?: () => number;
  /** Sets the fields that only server code can write, for methods of the app's class. */
  readonly setUserFields?: SetUserFields;
  /** The schedules of the object, for methods of the app's class. */
  readonly schedule?: () => Schedule<Owner["type"]>;
  /** Sets how scheduled mutations run. */
  readonly connectSchedules?: (run: SchedulesDeps["run"]) => void;
  /** Kysely over the app's tables, for methods of the app's class. */
  readonly db?: () => object;
}
