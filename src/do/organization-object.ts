import { TRPCError } from "@trpc/server";
import { signInFirst } from "../router/base-procedures.js";
import { kvSchema } from "./kv/kv-table.js";
import type { KindOfObject, ObjectEnvironment } from "./kind-of-object.js";
import { createOwnerStorage } from "./owner-storage.js";
import { socketSchema } from "./sockets/subscription-store.js";
import { createTransaction } from "./strict-transaction.js";

/** An organization's object: what its members share. */
export function createOrganizationObject({ state, app, address, alarms }: ObjectEnvironment): KindOfObject {
  const owned = createOwnerStorage({
    storage: state.storage,
    tableSet: app.tables.organization,
    frameworkTables: [socketSchema, kvSchema],
    kvSchemas: app.definition.app.kv,
    retention: app.retention,
    alarms,
  });
  const { lifetime } = owned;
  const transaction = createTransaction(state.storage);
  const owner = { type: "organization", id: address.id } as const;

  return {
    authorize(caller) {
      if (caller.type === "anonymous") throw signInFirst();
      // The same for one that does not exist and one that the caller is no member of: nobody learns which.
      if (!lifetime.isBorn() || caller.type !== "system") throw notAMember();
    },
    context: (caller, call, live) => ({
      caller,
      owner,
      organization: { id: address.id },
      lastEventId: call.lastEventId,
      transaction,
      get tables() {
        return owned.tables(call, live);
      },
      get kv() {
        return owned.kv(call, live);
      },
      get db() {
        return owned.database();
      },
    }),
    room: ({ setSession }) => ({ address, atomic: owned.atomic, setSession }),
    settle: owned.settle,
    start: lifetime.update,
  };
}

function notAMember(): TRPCError {
  return new TRPCError({ code: "FORBIDDEN", message: "Only members of this organization may do that." });
}
