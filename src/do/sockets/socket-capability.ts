import type { AnyTRPCRouter } from "@trpc/server";
import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import type { SocketLimits } from "../connections/socket-limits.js";
import type { Access } from "../lifecycle/request-context.js";
import type { LiveRunner } from "../live/live-runner.js";
import type { PresenceTracker } from "../presence/create-presence.js";
import type { Turns } from "../scheduling/create-turns.js";
import type { MemberCalls } from "./member-calls.js";
import type { ResumeFlag } from "./resume-flag.js";
import type { StreamScope } from "./stream-scope.js";

/** The socket support of an object: the changes that they can subscribe to, and the authorization of their callers. */
export interface SocketCapability {
  readonly hub: () => ChangeHub;
  /** Calls back before the next write to the object's storage. */
  readonly beforeNextWrite: (callback: () => void) => void;
  /** Whether the object has its schema. An object that was deleted does not. */
  readonly isInitialized: () => boolean;
  /**
   * Whether several members share the object. If so, limits per member apply.
   * @default false
   */
  readonly isShared?: boolean;
  readonly access: (caller: Caller) => Access;
  /**
   * Resolves the access of a caller whose access is "unknown"; returns `undefined` for other callers.
   * @throws TRPCError if the caller has no access
   */
  readonly resolveAccess?: (caller: Caller) => Promise<void> | undefined;
  /** Returns stored rows of a table of the app; `undefined` for any other table. */
  readonly rows: LiveRunner["rows"];
  /** Version of the caller's permissions. When it changes, sockets reconnect so that every subscription is authorized again. */
  readonly permissionVersion?: (caller: Caller) => number | undefined;
  /** Called for each socket before the object accepts it. */
  readonly onUpgrade?: (caller: Caller) => void;
  /**
   * Records that the caller's session is in use. Called for each message of the client and each frame that is sent to it.
   * @default nothing: renewing the session's lease records the use in the user's object
   */
  readonly onUse?: (caller: Caller) => void;
  /**
   * Tracks who is connected.
   * @default the app declares no presence for this kind of owner
   */
  readonly presence?: PresenceTracker | undefined;
}

export interface SocketServerOptions extends Pick<
  SocketCapability,
  "isInitialized" | "isShared" | "access" | "resolveAccess" | "permissionVersion" | "onUse" | "presence"
> {
  readonly state: DurableObjectState;
  readonly router: AnyTRPCRouter;
  readonly hub: ChangeHub;
  readonly resumeFlag: ResumeFlag;
  readonly limits: Required<SocketLimits>;
  /** Runs a query or a mutation through the dispatcher. */
  readonly run: (caller: Caller, call: Call) => Promise<Reply>;
  /** Runs a subscription's procedure and returns its result. */
  readonly subscribe: (
    caller: Caller,
    call: Call,
    scope: StreamScope,
  ) => Promise<{ readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: ErrorShape }>;
  /** Formats an error that a procedure did not throw. */
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
  /** Runs live queries. */
  readonly live: LiveRunner;
  /** Counts the calls of each member of an organization; `undefined` for the object of one user. */
  readonly memberCalls: MemberCalls | undefined;
  /** Divides the object's time between its members. */
  readonly turns: Turns;
}
