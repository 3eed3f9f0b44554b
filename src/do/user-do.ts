import { DurableObject } from "cloudflare:workers";
import type { Schedule } from "../router/schedule/schedule-api.js";
import type { User } from "../shared/account.js";
import type { Reply } from "../shared/call.js";
import type { ObjectStub } from "../shared/object-stub.js";
import { markRetryable } from "../shared/platform-retries.js";
import { inFirstSpan } from "../shared/tracing.js";
import type { App } from "./objects/app.js";
import { checkAppClass } from "./runtime/check-app-class.js";
import { createObject, type AppObject } from "./runtime/create-object.js";
import { guardStorage } from "./runtime/guard-storage.js";
import type { ObjectCounters } from "./runtime/object-counters.js";
import type { DeadLetter } from "./messaging/outbox-store.js";
import type { InternalRequest, WireReply } from "../shared/internal.js";

/**
 * The Durable Object of one user, organization or email address, or of the whole app. An app extends the class that `createUserDO` returns.
 * It can add methods, which other Workers call through `getUserDO(env.BINDING, { userId })`.
 */
export abstract class UserDO<
  TTables,
  TKv,
  TDatabase,
  TFieldsPatch = never,
  TUser = User,
  TSchedule = Schedule<"user">,
  TEvents = unknown,
> extends DurableObject {
  static {
    markRetryable(this.prototype.trpcRead, this.prototype.internalRead);
  }

  // A `#private` member, because members that are only `private` in TypeScript can be called over RPC.
  readonly #object: AppObject;
  #isChecked = false;

  constructor(state: DurableObjectState, env: Cloudflare.Env, app: App) {
    super(state, env);
    checkAppClass(this, UserDO.prototype);
    this.#object = inFirstSpan("userdo.wake", () => createObject(state, env, app));
    Object.defineProperty(this, "ctx", {
      value: guardStorage(state),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }

  /**
   * The user's tables, with the types of the definitions that `initUserDO` received.
   * @throws TRPCError NOT_FOUND (`USER_NOT_FOUND`) if no user has this id
   */
  protected get tables(): TTables {
    return this.#object.tables() as TTables;
  }

  /**
   * The user's key-value store, with the types of the `kv` schemas that `initUserDO` received.
   * @throws TRPCError NOT_FOUND (`USER_NOT_FOUND`) if no user has this id
   */
  protected get kv(): TKv {
    return this.#object.kv() as TKv;
  }

  /**
   * The user's events, with the types of the `events` that `initUserDO` received.
   * @throws TRPCError NOT_FOUND (`USER_NOT_FOUND`) if no user has this id
   */
  protected get events(): TEvents {
    return this.#object.events() as TEvents;
  }

  /**
   * Kysely over the user's tables, synchronous: `this.db.all(this.db.selectFrom(…)…)`.
   * @throws TRPCError NOT_FOUND (`USER_NOT_FOUND`) if no user has this id
   */
  protected get db(): TDatabase {
    return this.#object.db() as TDatabase;
  }

  /**
   * Runs mutations of the user's object later: once, or at each time of a cron pattern.
   * @throws TRPCError NOT_FOUND (`USER_NOT_FOUND`) if no user has this id
   */
  protected get schedule(): TSchedule {
    return this.#object.schedule() as TSchedule;
  }

  /**
   * Sets fields of the user that only server code can write, and returns the user. See the option `fields` of
   * `initUserDO`. Call it in methods of the app's class, or from other Workers through `getUserDO(env.BINDING, { userId })`.
   * `undefined` keeps the value of a field. `null` clears it, unless its schema accepts `null`.
   *
   * @throws TRPCError NOT_FOUND (`USER_NOT_FOUND`) if no user has this id, BAD_REQUEST (`INPUT_INVALID`) if the merged
   * fields do not match the schema, PAYLOAD_TOO_LARGE (`FIELDS_TOO_LARGE`) above 32 KiB
   */
  setUserFields(patch: TFieldsPatch): TUser {
    return this.#object.setUserFields(patch as Readonly<Record<string, unknown>>) as TUser;
  }

  /** Returns the last 100 messages and mails that this object could not deliver, newest first, for the app's operator. */
  deadLetters(): DeadLetter[] {
    return this.#object.deadLetters();
  }

  /** Returns the sockets, the size and the undelivered messages of this object, for metrics of the app. */
  counters(): ObjectCounters {
    return this.#object.counters();
  }

  /** @internal Runs procedure calls for a caller. */
  trpc(...call: Parameters<ObjectStub["trpc"]>): Promise<Reply[]> {
    this.#checkFields();
    return this.#object.trpc(...call);
  }

  /** @internal Runs queries for a caller. The platform may repeat it. */
  trpcRead(...call: Parameters<ObjectStub["trpc"]>): Promise<Reply[]> {
    this.#checkFields();
    return this.#object.trpc(...call);
  }

  /** @internal Handles a request of another object. */
  internal(request: InternalRequest): Promise<WireReply> {
    return this.#object.internal(request);
  }

  /** @internal Handles a request that only reads. The platform may repeat it. */
  internalRead(request: InternalRequest): Promise<WireReply> {
    return this.#object.internal(request);
  }

  /** Checks fields of the app's class. They do not exist yet while the constructor of this class runs. */
  #checkFields(): void {
    if (this.#isChecked) return;
    checkAppClass(this, UserDO.prototype);
    this.#isChecked = true;
  }

  override fetch(request: Request): Promise<Response> {
    return this.#object.fetch(request);
  }

  override alarm(info?: AlarmInvocationInfo): Promise<void> {
    return this.#object.alarm(info);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void | Promise<void> {
    return inFirstSpan("userdo.message", () => this.#object.onMessage(socket, message));
  }

  override webSocketClose(socket: WebSocket): void | Promise<void> {
    return this.#object.onClose(socket);
  }

  override webSocketError(socket: WebSocket): void | Promise<void> {
    return this.#object.onClose(socket);
  }
}
