import type { Delivery, Receipt } from "../../shared/internal.js";
import { isLocationHint } from "../../shared/location-hint.js";
import { stubOf } from "../../shared/object-stub.js";
import type { StubOptions } from "../../shared/restricted-namespace.js";
import { sendInternal } from "../../shared/send-internal.js";
import { parseName } from "../../shared/owner.js";
import type { AppIdentity } from "../lifecycle/identity.js";

/** Creates the function that delivers messages to other objects of the app, which it finds by their names. */
export function createMessageDelivery(identity: () => AppIdentity) {
  return async (target: string, delivery: Delivery): Promise<Receipt> => {
    const address = parseName(target);
    if (!address)
      throw new Error(`The outbox message has the invalid target "${target}". Use the name of an object of this app.`);
    const stub = stubOf(identity().namespace, address, stubOptionsOf(delivery));
    return sendInternal(stub, { op: "deliver", ...delivery });
  };
}

/** A message that creates its receiver can have a location hint. */
function stubOptionsOf({ letters }: Delivery): StubOptions | undefined {
  const { locationHint } = (letters[0]?.payload ?? {}) as { readonly locationHint?: unknown };
  return isLocationHint(locationHint) ? { locationHint } : undefined;
}
