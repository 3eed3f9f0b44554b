import { TRPCError } from "@trpc/server";
import { stubOf } from "../shared/object-stub.js";
import type { InternalRequest } from "../shared/internal.js";
import { createAddressClaims } from "./accounts/address-claims.js";
import { createThrottle, throttleSchema } from "./accounts/create-throttle.js";
import { createEmailIndex } from "./accounts/email-index.js";
import { createEmailPointerStore, emailPointerSchema } from "./accounts/email-pointer.js";
import { createLifetime, type ObjectSchema } from "./lifetime.js";
import type { KindOfObject, ObjectEnvironment } from "./kind-of-object.js";
import { createInbox, inboxSchema } from "./outbox/create-inbox.js";

const schema: ObjectSchema = {
  install(sql) {
    for (const statement of [emailPointerSchema, throttleSchema, inboxSchema]) sql.exec(statement);
  },
  update: (sql) => schema.install(sql),
  fingerprint: "email 2",
};

/** An e-mail index object: a few values, none of the app's procedures. */
export function createEmailObject({ state, app, address, alarms, identity }: ObjectEnvironment): KindOfObject {
  const { storage } = state;
  const { sql } = storage;
  const { birth, isBorn, erase, update } = createLifetime(storage, schema);
  const user = (userId: string) => stubOf(identity().namespace, { type: "user", id: userId });

  const throttle = createThrottle({
    sql,
    isBorn,
    birth,
    alarms,
    options: app.throttle,
    onForgotten: () => claims.tidy(),
  });
  const claims = createAddressClaims({
    pointers: createEmailPointerStore(sql, isBorn),
    user,
    birth,
    isBorn,
    alarms,
    holdsMore: throttle.holds,
    erase,
  });
  const index = createEmailIndex({
    id: address.id,
    identity,
    claims,
    throttle,
    user,
    breachLookUp: app.breachLookUp,
    waitUntil: (work) => state.waitUntil(work),
  });
  const inbox = createInbox({
    sql,
    transaction: (work) => storage.transactionSync(work),
    isBorn,
    handlers: {
      commitAddress: claims.handlers.commitAddress,
      releaseAddress(payload) {
        claims.handlers.releaseAddress(payload);
        // They were about an account that is no longer here.
        if (!claims.read()) throttle.succeeded();
      },
      forgetFailures: throttle.succeeded,
    },
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
    async internal(request: InternalRequest) {
      if (request.op === "reserveAddress") return claims.reserve(request);
      if (request.op !== "deliver") throw new Error(`An e-mail index object does not answer "${request.op}".`);
      const receipt = inbox.receive(request);
      await claims.tidy();
      return receipt;
    },
    start: update,
  };
}
