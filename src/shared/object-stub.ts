import type { Call, Reply } from "./call.js";
import type { Caller } from "./caller.js";
import type { Device } from "./device.js";
import { toName, type ObjectAddress } from "./owner.js";
import type { InternalReply, InternalRequest } from "./internal.js";

/** Takes the reply to one call of a batch. Across RPC it returns a promise. */
export type OnReply = (index: number, reply: Reply) => void | Promise<void>;

/**
 * What one object of the app is to another, and to the Worker. Written by hand: Workers' own stub types would
 * expand the whole router.
 */
export interface ObjectStub {
  /**
   * Runs calls on a caller's behalf, as they stand in one batch. `device` is where they came from, over HTTP. The internal
   * message "leave" names the calls by their `requestId`. With `onReply`, each reply is passed to it as soon as there is one,
   * and the result is empty. A version of the object that does not know `onReply` returns all replies.
   */
  trpc(
    caller: Caller,
    calls: readonly Call[],
    device?: Device,
    requestId?: string,
    onReply?: OnReply,
  ): Promise<Reply[]>;
  /** The framework's own messages between objects. */
  internal<TRequest extends InternalRequest>(request: TRequest): Promise<InternalReply<TRequest>>;
  fetch(request: Request): Promise<Response>;
}

/** A namespace of the app's objects, as far as the framework needs it. */
export interface ObjectNamespace {
  getByName(name: string): unknown;
  idFromName(name: string): unknown;
  idFromString(id: string): unknown;
}

/** The stub of one object. A fresh one each time: a stub stays broken after its object was reset. */
export function stubOf(namespace: Pick<ObjectNamespace, "getByName">, address: ObjectAddress): ObjectStub {
  return namespace.getByName(toName(address)) as ObjectStub;
}
