import type { Placement } from "../../router/placement.js";
import type { ObjectServices } from "../../router/services.js";
import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { RequestContext } from "../lifecycle/request-context.js";
import type { StreamScope } from "../sockets/stream-scope.js";
import type { Read } from "../tables/reads/read-recorder.js";

/** How one kind of object authorizes calls, and the context and services that it passes to procedures. */
export interface ObjectPolicy {
  /**
   * Asks another object about the caller's access, if this object does not know it. Returns `undefined` if it does.
   * @throws TRPCError UNAUTHORIZED (`SESSION_ENDED` or `PASSWORD_CHANGED`) when the session has ended
   */
  resolveAccess?(caller: Caller): Promise<void> | undefined;
  /**
   * Checks that a caller may run a procedure of this placement.
   * @throws TRPCError UNAUTHORIZED or FORBIDDEN when the caller may not, NOT_FOUND when the user does not exist
   */
  authorize(caller: Caller, placement: Placement): void;
  /** The context of the app's procedures, without the caller and the bindings. */
  context(caller: Caller, call: Call, scope: () => StreamScope): object;
  /** The services of the built-in procedures. */
  services(request: RequestContext): ObjectServices;
  /**
   * The stored values that the caller's access depends on. When they change, the caller's live queries run again.
   * @default none
   */
  accessReads?(caller: Caller): readonly Read[];
}
