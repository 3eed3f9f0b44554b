import type { AnyTRPCRouter } from "@trpc/server";
import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import type { SocketLimits } from "../connections/socket-limits.js";
import type { Access } from "../lifecycle/request-context.js";
import type { LiveRunner } from "../live/live-runner.js";
import type { Turns } from "../scheduling/create-turns.js";
import type { MemberCalls } from "./member-calls.js";
import type { StreamScope } from "./stream-scope.js";

/** Where sockets may be opened: what they can listen to, and who may. */
export interface SocketCapability {
  readonly hub: () => ChangeHub;
  /** Whether there is anything stored, or any more. */
  readonly isInitialized: () => boolean;
  /**
   * Whether several members share the object: each then has limits of their own.
   * @default false
   */
  readonly isShared?: boolean;
  readonly access: (caller: Caller) => Access;
  /**
   * Finds out about a caller whose admission is "unknown"; `undefined` for the others.
   * @throws TRPCError when they may not
   */
  readonly resolveAccess?: (caller: Caller) => Promise<void> | undefined;
  /** Rows of the app's tables as they are stored; `undefined` for any other table. */
  readonly rows: LiveRunner["rows"];
  /** Changes whenever a caller may do something else than before. What a socket listens to is then opened anew. */
  readonly permissionVersion?: (caller: Caller) => number | undefined;
  /** Runs once for each socket that is opened, before the object accepts it. */
  readonly onUpgrade?: (caller: Caller) => void;
  /**
   * Records that the caller's session is in use. Runs for each message of the client and each frame that is sent to it.
   * @default the session's lease is renewed when something is sent or received, which records it in the user's object
   */
  readonly onUse?: (caller: Caller) => void;
}

export interface SocketServerOptions extends Pick<
  SocketCapability,
  "isInitialized" | "isShared" | "access" | "resolveAccess" | "permissionVersion" | "onUse"
> {
  readonly state: DurableObjectState;
  readonly router: AnyTRPCRouter;
  readonly hub: ChangeHub;
  readonly limits: Required<SocketLimits>;
  /** Runs a query or a mutation, as for any other transport. */
  readonly run: (caller: Caller, call: Call) => Promise<Reply>;
  /** Runs a subscription's procedure and hands over what it returned. */
  readonly subscribe: (
    caller: Caller,
    call: Call,
    live: StreamScope,
  ) => Promise<{ readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: ErrorShape }>;
  /** Formats an error that no procedure threw. */
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
  /** Runs live queries. */
  readonly live: LiveRunner;
  /** The calls of each member of an organization; `undefined` for the object of one user. */
  readonly memberCalls: MemberCalls | undefined;
  /** Divides the time of the object between its members. */
  readonly turns: Turns;
}
