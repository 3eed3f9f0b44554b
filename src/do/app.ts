import type { AnyTRPCRouter } from "@trpc/server";
import { definitionOf, type RouterDefinition } from "../router/definition.js";
import { logError } from "../router/log-error.js";
import type { OnError } from "../router/run-call.js";
import { withDefaults, type SessionOptions } from "./accounts/session-options.js";
import { retentionOf, type ChangeLogRetention } from "./change-log-retention.js";
import type { UserDOOptions } from "./options.js";
import { socketLimits, type SocketLimits } from "./sockets/socket-limits.js";
import { createTableSet, type TableSet } from "./storage/table-set.js";

/** All that the objects of one app have in common: worked out once, when the class is made. */
export interface App {
  readonly router: AnyTRPCRouter;
  readonly definition: RouterDefinition;
  readonly tables: { readonly user: TableSet; readonly organization: TableSet };
  readonly session: Required<SessionOptions>;
  readonly socketLimits: Required<SocketLimits>;
  readonly retention: Required<ChangeLogRetention>;
  readonly onError: OnError;
}

/** @throws Error when the router's definition is wrong: at start, not at the first call */
export function createApp(router: AnyTRPCRouter, options: UserDOOptions): App {
  const definition = definitionOf(router);
  const { user, organization } = definition.app.tables;
  return {
    router,
    definition,
    tables: { user: createTableSet(user), organization: createTableSet(organization) },
    session: withDefaults(options.session),
    socketLimits: socketLimits(options.sockets),
    retention: retentionOf(options.changeLog),
    onError: options.onError ?? logError,
  };
}
