import { notSignedIn } from "../../../router/auth/not-signed-in.js";
import { appAddress } from "../../../shared/owner.js";
import { idempotencySchema } from "../../idempotency/idempotency-table.js";
import { kvSchema } from "../../kv/kv-table.js";
import { SessionEnded } from "../../lifecycle/caller-errors.js";
import { createGetters } from "../../lifecycle/call-getters.js";
import { createTransaction } from "../../lifecycle/transaction.js";
import { socketSchema } from "../../sockets/subscription-store.js";
import { wakeIndexSchema } from "../../sockets/wake-index.js";
import { createFrameworkSchema } from "../../tables/schema/framework-schema.js";
import type { ObjectEnvironment, ObjectHandler } from "../object-handler.js";
import { createOwnerStorage, type OpenCall } from "../owner-storage.js";
import { createAppAccess } from "./app-access.js";
import { appObjectTables, composeAppObject } from "./compose-app-object.js";

const framework = createFrameworkSchema({
  statements: [socketSchema, ...wakeIndexSchema, kvSchema, ...appObjectTables, ...idempotencySchema],
});

/** Creates the handler of `app:main`, which stores the data of the whole app. */
export function createAppObject(environment: ObjectEnvironment): ObjectHandler {
  const { state, app, alarms, identity, endSession } = environment;
  const ownerStorage = createOwnerStorage({
    storage: state.storage,
    tableSet: app.tables.app,
    framework,
    kvSchemas: app.definition.app.kv,
    retention: app.retention,
    alarms,
    secret: () => identity().secrets.index,
  });
  const { isInitialized } = ownerStorage.lifecycle;
  const { outbox, leases, open, receive } = composeAppObject(environment, ownerStorage);
  const { access, resolveAccess } = createAppAccess({ isInitialized, open, leases, endSession });
  const transaction = createTransaction(state.storage);

  const withGetters = createGetters({
    kv: ({ call, scope }: OpenCall) => ownerStorage.kv(call, scope),
    db: ownerStorage.database,
  });

  return {
    resolveAccess,
    authorize(caller) {
      if (caller.type === "anonymous") throw notSignedIn();
      // The lease has ended since resolveAccess() renewed it.
      if (access(caller) !== "granted") throw new SessionEnded();
    },
    context: (caller, call, scope) =>
      withGetters(
        {
          caller,
          owner: appAddress,
          lastEventId: call.lastEventId,
          transaction,
          tables: ownerStorage.tables(call, scope),
        },
        { call, scope },
      ),
    services: ({ setSession }) => ({ address: appAddress, atomic: ownerStorage.atomic, setSession }),
    internal(request) {
      if (request.op === "deliver") return receive(request);
      throw new Error(`The app's object does not handle "${request.op}". Send it to another kind of object.`);
    },
    sockets: {
      hub: ownerStorage.hub,
      beforeNextWrite: ownerStorage.beforeNextWrite,
      isInitialized,
      isShared: true,
      rows: ownerStorage.storedRows,
      access,
      resolveAccess,
    },
    flushWrites: ownerStorage.flushWrites,
    flushOutbox: outbox.flushPosted,
    keyedCalls: ownerStorage.keyedCalls,
    start: ownerStorage.start,
    deadLetters: outbox.deadLetters,
  };
}
