import type { Placement } from "../../router/placement.js";
import type { ObjectServices } from "../../router/services.js";
import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { RequestContext } from "../lifecycle/request-context.js";
import type { StreamScope } from "../sockets/stream-scope.js";
import type { Read } from "../tables/reads/read-recorder.js";

/** How one kind of object authorizes calls, and what it gives to their procedures. */
export interface ObjectPolicy {
  /**
   * Asks another object whether a caller may act here, if this object does not know it. Returns `undefined` if it does.
   * @throws TRPCError
   */
  resolveAccess?(caller: Caller): Promise<void> | undefined;
  /**
   * Refuses a caller that may not act in this object now.
   * @throws TRPCError
   */
  authorize(caller: Caller, placement: Placement): void;
  /** The context of the app's procedures, without the caller and the bindings. */
  context(caller: Caller, call: Call, scope: () => StreamScope): object;
  /** The services of the built-in procedures. */
  services(request: RequestContext): ObjectServices;
  /**
   * The stored values that decide whether a caller may act here. When they change, the caller's live queries run again.
   * @default none
   */
  accessReads?(caller: Caller): readonly Read[];
}
