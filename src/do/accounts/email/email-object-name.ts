import { createHmac } from "node:crypto";
import { toName } from "../../../shared/owner.js";

/**
 * Returns the name of an address's object, like `emailObjectAddress` but synchronously: a transaction cannot await, and a name
 * that was computed before it may belong to an address that has changed.
 */
export function emailObjectName(indexSecret: string, canonicalEmail: string): string {
  const id = createHmac("sha256", indexSecret).update(`email:${canonicalEmail}`).digest("hex");
  return toName({ type: "email", id });
}
