import type { Delivery, Receipt } from "../../../shared/internal.js";
import { stubOf } from "../../../shared/object-stub.js";
import { sendInternal } from "../../../shared/send-internal.js";
import { toName } from "../../../shared/owner.js";
import { createInbox, inboxSchema } from "../../messaging/create-inbox.js";
import { createOutbox } from "../../messaging/create-outbox.js";
import { outboxHeadsSchema } from "../../messaging/outbox-heads.js";
import { createOutboxStore, outboxSchema } from "../../messaging/outbox-store.js";
import { createMessageDelivery } from "../../messaging/message-delivery.js";
import { recordedSql } from "../../tables/reads/recorded-sql.js";
import { createLeases, leaseGenerationSchema, leaseSchema } from "../../organizations/leases.js";
import { handlersFor } from "../../organizations/organization-messages.js";
import type { ObjectEnvironment } from "../object-handler.js";
import type { OwnerStorage } from "../owner-storage.js";

/** The framework's tables of the app's object. */
export const appObjectTables: readonly string[] = [
  leaseSchema,
  leaseGenerationSchema,
  outboxSchema,
  outboxHeadsSchema,
  inboxSchema,
];

/** Creates the stores and services of the app, in its own object. */
export function composeAppObject(environment: ObjectEnvironment, { lifecycle }: OwnerStorage) {
  const { isInitialized, initialize } = lifecycle;
  const { state, app, address, alarms, identity } = environment;
  const { storage } = state;
  const sql = recordedSql(storage.sql);
  const transaction = <TResult>(work: () => TResult): TResult => storage.transactionSync(work);
  const user = (userId: string) => stubOf(identity().namespace, { type: "user", id: userId });

  const outbox = createOutbox({
    store: createOutboxStore(sql),
    source: toName(address),
    isInitialized,
    alarms,
    transaction,
    deliver: createMessageDelivery(identity),
    sendMail: () => Promise.reject(new Error("The app's object does not send mail. The object of a user does.")),
    onError: app.onError,
  });

  const leases = createLeases({
    sql,
    isInitialized,
    requestLease: ({ userId, ...session }) => sendInternal(user(userId), { op: "lease", ...session }),
  });

  const inbox = createInbox({
    sql,
    transaction,
    isInitialized,
    handlers: handlersFor<"endSession">({
      endSession({ sessionId }) {
        leases.revoke(sessionId);
        environment.endSession(sessionId);
      },
    }),
  });

  return {
    outbox,
    leases,
    /** Creates the schema, if this is the first use of the object. */
    open: (): void => initialize(() => {}),
    receive: (delivery: Delivery): Receipt => initialize(() => inbox.receive(delivery)),
  };
}
