import { ReasonedError } from "../../router/reasoned-error.js";
import { isRestoreRequest } from "../../shared/operator-requests.js";
import type { ObjectHandler } from "../objects/object-handler.js";
import type { SocketCapability } from "../sockets/socket-capability.js";

const RETRY_AFTER_SECONDS = 2;

/** Refuses all other calls and messages while the data of an object is being restored. Their senders retry. */
export function refuseDuringRestore(handler: ObjectHandler): ObjectHandler {
  const { isRestoring, internal, sockets, tables, kv, db, events, schedule, setUserFields } = handler;
  if (!isRestoring) return handler;
  const check = (): void => {
    if (isRestoring()) throw restoring();
  };
  /** Checks before a method of the handler. */
  const checked = <TArgs extends unknown[], TResult>(method: (...args: TArgs) => TResult) =>
    function checkedMethod(...args: TArgs): TResult {
      check();
      return method(...args);
    };
  return {
    ...handler,
    authorize: checked(handler.authorize),
    resolveAccess: (caller) => (isRestoring() ? Promise.reject(restoring()) : handler.resolveAccess?.(caller)),
    ...(internal && {
      internal(request) {
        if (!isRestoreRequest(request)) check();
        return internal(request);
      },
    }),
    ...(tables && { tables: checked(tables) }),
    ...(kv && { kv: checked(kv) }),
    ...(db && { db: checked(db) }),
    ...(events && { events: checked(events) }),
    ...(schedule && { schedule: checked(schedule) }),
    ...(setUserFields && { setUserFields: checked(setUserFields) }),
    ...(sockets && { sockets: withChecks(sockets, isRestoring) }),
  };
}

function withChecks(sockets: SocketCapability, isRestoring: () => boolean): SocketCapability {
  const { access, resolveAccess, onUpgrade, onUse } = sockets;
  return {
    ...sockets,
    access: (caller) => (isRestoring() ? "unknown" : access(caller)),
    resolveAccess: (caller) => (isRestoring() ? Promise.reject(restoring()) : resolveAccess?.(caller)),
    ...(onUpgrade && { onUpgrade: (caller) => (isRestoring() ? undefined : onUpgrade(caller)) }),
    ...(onUse && { onUse: (caller) => (isRestoring() ? undefined : onUse(caller)) }),
  };
}

function restoring(): ReasonedError {
  return new ReasonedError({
    code: "SERVICE_UNAVAILABLE",
    reason: "OBJECT_RESTORING",
    message: "This data is being restored to an earlier time. Try again in a few seconds.",
    retryAfter: RETRY_AFTER_SECONDS,
  });
}
