import { createTRPCRecursiveProxy, type AnyTRPCRouter, type TRPCRouterCaller } from "@trpc/server";
import superjson from "superjson";
import type { AppOf } from "../router/definition.js";
import { invalidKey } from "../router/idempotency-key.js";
import { inputOfServerCall, type ServerSchedule } from "../router/schedule/server-schedule.js";
import { ReasonedError } from "../router/reasoned-error.js";
import { toObjectError } from "./to-object-error.js";
import { containsTag } from "../shared/contains-tag.js";
import type { Call, Reply } from "../shared/call.js";
import type { Caller } from "../shared/caller.js";
import type { Device } from "../shared/device.js";
import type { ErrorReason } from "../shared/error-reason.js";
import { invalidKeyMessage, isIdempotencyKey } from "../shared/idempotency-key.js";
import { lastEventIdIn } from "../shared/last-event-id.js";
import { checkJurisdiction, type Jurisdiction } from "../shared/jurisdiction.js";
import { stubOf, type AppNamespace } from "../shared/object-stub.js";
import type { NamedObjects } from "../shared/restricted-namespace.js";
import { toName, type ObjectAddress } from "../shared/owner.js";
import { readStream } from "./streams/read-stream.js";
import { createKeyDerivation } from "./derive-key.js";
import { ForwardedError } from "./calls/forwarded-error.js";
import { methodFor, methodForRetry } from "./calls/call-method.js";
import { WatchedInput } from "./streams/watch-query.js";
import { emitCall, type EmitEvent, type EventTarget } from "./calls/emit-call.js";
import { procedureOwnersOf } from "./calls/procedure-owners.js";

/** The router's procedures as functions. Inputs and outputs have the types of the router, because values are not serialized. */
export type ServerCaller<TRouter extends AnyTRPCRouter> = ReturnType<
  TRPCRouterCaller<TRouter["_def"]["_config"]["$types"], TRouter["_def"]["record"]>
>;

export interface CallerFactory<TRouter extends AnyTRPCRouter> {
  /**
   * Calls procedures as a user: in the user's own object, in the organization of the input's `organizationId`, or, for an
   * `appProcedure`, in the app's object. With `sessionId`, `sessions.data` reads and writes the data of that session.
   */
  asUser(user: {
    readonly userId: string;
    readonly sessionId?: string | undefined;
  }): ServerCaller<TRouter> & { readonly schedule: ServerSchedule<TRouter, "user"> };
  /** Calls procedures as the app itself: those of the app, and with `organizationId` in the input those of an organization. */
  asSystem(): ServerCaller<TRouter> & { readonly schedule: ServerSchedule<TRouter, "system"> };
  /**
   * Sends an event to the listeners of a user, of an organization or, with `"app"`, of the app.
   *
   * @throws TRPCError as `ctx.events.emit`, and NOT_FOUND (USER_NOT_FOUND), FORBIDDEN (NOT_A_MEMBER) for an unknown organization,
   * BAD_REQUEST (ORGANIZATION_ID_MISSING, ORGANIZATION_ID_INVALID), UNSUPPORTED_MEDIA_TYPE (BINARY_INPUT), and the errors of a call
   * @example
   * ```ts
   * await createCaller<AppRouter>(env.BLOG_DO).emit({ userId }, "notification", { text: "Your export is ready." });
   * ```
   */
  readonly emit: EmitEvent<AppOf<TRouter>>;
}

export interface CallerOptions {
  /**
   * Identifies the calls of this caller and their repeats, for example the id of a queue's message or, in a mutation,
   * `ctx.idempotencyKey`. Each mutation gets a key that is derived from it, from the user, the owner, the path and the input. A
   * repeat of the same calls through a new caller with the same key has each effect once, and gets the stored results.
   * @default repeats run again
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * The id of the request that makes the calls, such as the `cf-ray` header or the id of a queue's message. Errors, `onError`,
   * `onCall`, the audit log and spans have it.
   * @default each call gets a new id where one is needed
   */
  readonly requestId?: string | undefined;
  /**
   * The `appJurisdiction` of the app, if it has one. Without it, calls to the object of the app fail. Calls to users and
   * organizations do not need it.
   * @default not restricted
   */
  readonly appJurisdiction?: Jurisdiction | undefined;
}

/**
 * Calls the app's procedures over Workers RPC, from another Worker, a queue consumer or a cron. It does not check a session
 * or a password: a Worker with the binding may act for any user.
 *
 * @example
 * ```ts
 * const caller = createCaller<AppRouter>(env.BLOG_DO);
 * await caller.asUser({ userId }).posts.create({ title: "Hello", body: "…" });
 * await caller.asSystem().projects.list({ organizationId });
 * await caller.asSystem().announcements.create({ title: "Maintenance at noon" });
 * ```
 * @throws TRPCError BAD_REQUEST (IDEMPOTENCY_KEY_INVALID) for a key that is not 1 to 255 visible ASCII characters. Each call
 * throws the procedure's own errors, NOT_FOUND (USER_NOT_FOUND) for an unknown user, BAD_REQUEST (ORGANIZATION_ID_MISSING) for a
 * call as the system without `organizationId`, UNSUPPORTED_MEDIA_TYPE (BINARY_INPUT) for an input with FormData or a File,
 * SERVICE_UNAVAILABLE (OBJECT_RESET) and TOO_MANY_REQUESTS (OBJECT_OVERLOADED) if the object did not finish the call
 */
export function createCaller<TRouter extends AnyTRPCRouter>(
  binding: NamedObjects<unknown>,
  options: CallerOptions = {},
): CallerFactory<TRouter> {
  const { idempotencyKey, requestId, appJurisdiction } = options;
  checkJurisdiction("appJurisdiction", appJurisdiction);
  const device: Device | undefined = requestId === undefined ? undefined : { requestId };
  const namespace: AppNamespace = { objects: binding, appJurisdiction };
  if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey)) throw invalidKey(invalidKeyMessage);
  const deriveKey = idempotencyKey === undefined ? undefined : createKeyDerivation(idempotencyKey);
  const owners = procedureOwnersOf(binding);
  const proxy = <TCaller extends object>(caller: Caller): TCaller =>
    createTRPCRecursiveProxy<TCaller>(async ({ path, args }) => {
      const input = inputOfServerCall(path, args);
      if (containsTag(input, /FormData|File]/)) throw binaryInput();
      const name = path.join(".");
      const called: Call =
        input instanceof WatchedInput ? input.toCall(name) : { path: name, input, lastEventId: lastEventIdIn(input) };
      const { address, reply } = await owners.send(caller, { path: name, input: called.input }, (to) => {
        // Before anything is awaited, because the calls are counted in their order.
        const key = deriveKey?.({ caller, owner: toName(to), path: name, input: called.input });
        return send(caller, called, to, key);
      });
      return unpack(reply, namespace, address);
    });

  /** Sends a call to an object. It is sent again if the object was reset before it ran. */
  async function send(
    caller: Caller,
    called: Call,
    to: ObjectAddress,
    key: Promise<string> | undefined,
  ): Promise<Reply | undefined> {
    const calls: readonly Call[] = [key ? { ...called, idempotencyKey: await key } : called];
    const method = methodFor(calls);
    let replies: Reply[];
    try {
      replies = await stubOf(namespace, to)[method](caller, calls, device);
    } catch (cause) {
      const repeated = methodForRetry(method, calls, cause);
      if (!repeated) throw toObjectError(cause);
      replies = await stubOf(namespace, to)[repeated](caller, calls, device).catch(rethrow);
    }
    return replies[0];
  }

  /** The types of the overloads follow the app's events. Here names and data are what the app passed. */
  async function emit(to: EventTarget, name: string, data: unknown): Promise<void> {
    if (containsTag(data, /FormData|File]/)) throw binaryInput();
    const { caller, call, address } = emitCall(to, name, data);
    const key = deriveKey?.({ caller, owner: toName(address), path: call.path, input: call.input });
    unpack(await send(caller, call, address, key), namespace, address);
  }

  return {
    emit: emit as EmitEvent<AppOf<TRouter>>,
    asUser: ({ userId, sessionId }) =>
      proxy({ type: "user", userId, via: "rpc", ...(sessionId !== undefined && { sessionId }) }),
    asSystem: () => proxy({ type: "system" }),
  };
}

function rethrow(cause: unknown): never {
  throw toObjectError(cause);
}

/** Workers RPC can send Blobs and streams, but not these. */
function binaryInput(): ForwardedError {
  return new ForwardedError({
    code: -32_015,
    message:
      "Workers RPC cannot send FormData or a File. Send the fields as an object, and the file as a Uint8Array or a Blob, with its name " +
      "in another field.",
    data: { code: "UNSUPPORTED_MEDIA_TYPE", httpStatus: 415, reason: "BINARY_INPUT" satisfies ErrorReason },
  });
}

function replyMissing(): ReasonedError {
  return new ReasonedError({
    code: "INTERNAL_SERVER_ERROR",
    reason: "REPLY_MISSING",
    message: "The object did not reply to the call. Try again.",
  });
}

function unpack(reply: Reply | undefined, namespace: AppNamespace, address: ObjectAddress): unknown {
  if (!reply) throw replyMissing();
  if (!reply.ok) throw new ForwardedError(reply.error, reply.cause);
  if (reply.stream !== undefined) {
    // Events as the caller's types declare them. tRPC's own callers return internal envelopes instead.
    const track = (id: string, data: unknown) => ({ id, data });
    const stub = stubOf(namespace, address);
    return readStream({ stub, ticket: reply.stream, transformer: superjson, track });
  }
  return reply.encoding === "superjson" ? superjson.parse(reply.data) : reply.data;
}
