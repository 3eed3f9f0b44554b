import type { Call, Reply } from "./call.js";
import type { Caller } from "./caller.js";
import type { Device } from "./device.js";
import type { InternalRequest, WireReply } from "./internal.js";
import type { Jurisdiction } from "./jurisdiction.js";
import { jurisdictionOfObject, toName, type ObjectAddress } from "./owner.js";
import { getRestricted, type NamedObjects, type StubOptions } from "./restricted-namespace.js";

/** Receives the reply to one call of a batch. Over RPC it returns a promise. */
export type OnReply = (index: number, reply: Reply) => void | Promise<void>;

/**
 * The methods of an object that the Worker and other objects call. This is not the stub type of Workers, which would expand
 * the types of the whole router.
 */
export interface ObjectStub {
  /**
   * Runs the calls of a batch for a caller. `device` is the device of an HTTP request. The internal message "leave" identifies
   * the calls by their `leaveId`. `onReply` receives each reply as soon as its call has finished, and the result is then
   * empty. An object that runs an earlier version ignores `onReply` and returns all replies.
   */
  trpc(caller: Caller, calls: readonly Call[], device?: Device, leaveId?: string, onReply?: OnReply): Promise<Reply[]>;
  /** Like `trpc`, for calls that are all queries. The platform may repeat it. An earlier version does not have it. */
  trpcRead: ObjectStub["trpc"];
  /** Handles a request of another object. Call it through `sendInternal`. */
  internal(request: InternalRequest): Promise<WireReply>;
  /** Like `internal`, for a request that only reads. The platform may repeat it. An earlier version does not have it. */
  internalRead: ObjectStub["internal"];
  fetch(request: Request): Promise<Response>;
}

/** The methods of a Durable Object namespace that the framework uses. */
export interface ObjectNamespace extends NamedObjects<unknown> {
  idFromName(name: string): unknown;
  idFromString(id: string): unknown;
}

/** The objects of an app. */
export interface AppNamespace {
  readonly objects: NamedObjects<unknown>;
  /** The jurisdiction of the objects that all users share, from the option of `initUserDO`. */
  readonly appJurisdiction: Jurisdiction | undefined;
}

/** Creates a stub of an object, in its jurisdiction. Do not reuse it: a stub stays broken after its object was reset. */
export function stubOf(
  { objects, appJurisdiction }: AppNamespace,
  address: ObjectAddress,
  options?: StubOptions,
): ObjectStub {
  const jurisdiction = jurisdictionOfObject(address, appJurisdiction);
  const name = toName(address);
  const stub =
    jurisdiction === undefined
      ? objects.getByName(name, options)
      : getRestricted(objects, { jurisdiction, name }, options);
  return stub as ObjectStub;
}
