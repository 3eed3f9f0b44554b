import type { Delivery, Receipt } from "../../shared/internal.js";
import { stubOf } from "../../shared/object-stub.js";
import { parseName } from "../../shared/owner.js";
import type { AppIdentity } from "../lifecycle/identity.js";

/** Hands letters to the app's objects, by their names. */
export function deliverThrough(identity: () => AppIdentity) {
  return async (target: string, delivery: Delivery): Promise<Receipt> => {
    const to = parseName(target);
    if (!to) throw new Error("The letter is to no object of this app.");
    return stubOf(identity().namespace, to).internal({ op: "deliver", ...delivery });
  };
}
