import { TRPCError } from "@trpc/server";
import { createEmailIndex } from "./accounts/email-index.js";
import { createEmailPointerStore, emailPointerSchema } from "./accounts/email-pointer.js";
import { createLifetime, type ObjectSchema } from "./lifetime.js";
import type { KindOfObject, ObjectEnvironment } from "./kind-of-object.js";

const schema: ObjectSchema = {
  install: (sql) => void sql.exec(emailPointerSchema),
  update: () => {},
  fingerprint: "email 1",
};

/** An e-mail index object: a few values, none of the app's procedures. */
export function createEmailObject({ state, address, alarms, identity }: ObjectEnvironment): KindOfObject {
  const { storage } = state;
  const lifetime = createLifetime(storage, schema);
  const index = createEmailIndex({
    id: address.id,
    identity,
    birth: lifetime.birth,
    pointers: createEmailPointerStore(storage.sql, lifetime.isBorn),
    alarms,
    erase: lifetime.erase,
  });

  return {
    authorize(_caller, { kind }) {
      if (kind === "email") return;
      throw new TRPCError({ code: "FORBIDDEN", message: "An e-mail index object runs no procedure but its own." });
    },
    context: () => ({}),
    room: (visit) => ({
      address,
      atomic: (work) => work(),
      setSession: visit.setSession,
      index: index.room(visit),
    }),
  };
}
