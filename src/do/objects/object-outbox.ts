import { toName } from "../../shared/owner.js";
import { createOutbox, type Outbox, type OutboxOptions } from "../messaging/create-outbox.js";
import { createMessageDelivery } from "../messaging/message-delivery.js";
import type { ObjectEnvironment } from "./object-handler.js";

export interface ObjectOutboxOptions extends Pick<
  OutboxOptions,
  "store" | "isInitialized" | "sendMail" | "onTargetGone"
> {
  readonly environment: ObjectEnvironment;
  /** @default delivers messages to the other objects of the app */
  readonly deliver?: OutboxOptions["deliver"];
}

/** Creates the outbox of an object. Its messages commit with the writes to the object's storage. */
export function createObjectOutbox({ environment, ...options }: ObjectOutboxOptions): Outbox {
  const { state, app, address, alarms, observer, identity } = environment;
  return createOutbox({
    deliver: createMessageDelivery(identity),
    ...options,
    source: toName(address),
    alarms,
    transaction: (work) => state.storage.transactionSync(work),
    onError: app.onError,
    observer,
  });
}
