import { DurableObject } from "cloudflare:workers";
import type { User } from "../shared/account.js";
import type { Reply } from "../shared/call.js";
import type { ObjectStub } from "../shared/object-stub.js";
import type { App } from "./objects/app.js";
import { checkAppClass } from "./runtime/check-app-class.js";
import { createObject, type AppObject } from "./runtime/create-object.js";
import { guardStorage } from "./runtime/guard-storage.js";
import type { DeadLetter } from "./messaging/outbox-store.js";
import type { InternalReply, InternalRequest } from "../shared/internal.js";

/**
 * The Durable Object of one user (or organization). An app's class extends what `createUserDO` returns, and may
 * add methods of its own, which other Workers call through `getUserDO(env.BINDING, { userId })`.
 */
export abstract class UserDO<TTables, TKv, TDatabase, TFieldsPatch = never, TUser = User> extends DurableObject {
  // Private in JavaScript's sense: TypeScript's `private` would leave it callable over RPC.
  readonly #object: AppObject;
  #isChecked = false;

  constructor(state: DurableObjectState, env: Cloudflare.Env, app: App) {
    super(state, env);
    checkAppClass(this, UserDO.prototype);
    this.#object = createObject(state, env, app);
    Object.defineProperty(this, "ctx", {
      value: guardStorage(state),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }

  /**
   * The user's tables, typed from the definitions given to `initUserDO`.
   * @throws TRPCError NOT_FOUND when nobody has signed up under this id
   */
  protected get tables(): TTables {
    return this.#object.tables() as TTables;
  }

  /**
   * The user's keys and values, typed from the `kv` schemas given to `initUserDO`.
   * @throws TRPCError NOT_FOUND when nobody has signed up under this id
   */
  protected get kv(): TKv {
    return this.#object.kv() as TKv;
  }

  /**
   * Kysely over the user's tables, synchronous: `this.db.all(this.db.selectFrom(…)…)`.
   * @throws TRPCError NOT_FOUND when nobody has signed up under this id
   */
  protected get db(): TDatabase {
    return this.#object.db() as TDatabase;
  }

  /**
   * Sets fields of the user that only server code can write, and returns the user: see the option `fields` of
   * `initUserDO`. For methods of the app's own class, and for other Workers: `getUserDO(env.BINDING, { userId })`. A field
   * that is `undefined` keeps its value; `null` clears it, unless its schema accepts `null`.
   *
   * @throws TRPCError NOT_FOUND when nobody has signed up under this id, BAD_REQUEST when the fields as a whole do not fit
   * the schema, PAYLOAD_TOO_LARGE above 32 KiB
   */
  setUserFields(patch: TFieldsPatch): TUser {
    return this.#object.setUserFields(patch as Readonly<Record<string, unknown>>) as TUser;
  }

  /** Letters and mails of this object that could not be delivered, the newest first, for the app's operator. */
  deadLetters(): DeadLetter[] {
    return this.#object.deadLetters();
  }

  /** @internal Runs calls on a caller's behalf. */
  trpc(...call: Parameters<ObjectStub["trpc"]>): Promise<Reply[]> {
    this.#checkFields();
    return this.#object.trpc(...call);
  }

  /** @internal The framework's own messages between objects. */
  internal<TRequest extends InternalRequest>(request: TRequest): Promise<InternalReply<TRequest>> {
    return this.#object.internal(request) as Promise<InternalReply<TRequest>>;
  }

  /** Fields of the app's class are there after the constructor of this one. They are checked once. */
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

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    return this.#object.onMessage(socket, message);
  }

  override webSocketClose(socket: WebSocket): void | Promise<void> {
    return this.#object.onClose(socket);
  }

  override webSocketError(socket: WebSocket): void | Promise<void> {
    return this.#object.onClose(socket);
  }
}
