import { createHmac } from "node:crypto";
import { toName } from "../../shared/owner.js";

/**
 * The name of an address's object, as `emailAddressOf` computes it, without a wait: a transaction cannot await, and what was
 * read before one may have changed.
 */
export function emailObjectName(indexSecret: string, canonicalEmail: string): string {
  const id = createHmac("sha256", indexSecret).update(`email:${canonicalEmail}`).digest("hex");
  return toName({ type: "email", id });
}
