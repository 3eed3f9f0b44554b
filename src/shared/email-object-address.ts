import { toHex } from "./hex.js";
import { hmac } from "./hmac.js";
import type { ObjectAddress } from "./owner.js";

/**
 * The index object of an address. Its name is a MAC under `INDEX_SECRET`: who sees names of objects, in a log or
 * a dashboard, can neither read an address from one nor check a guess.
 */
export async function emailObjectAddress(indexSecret: string, canonicalEmail: string): Promise<ObjectAddress> {
  return { type: "email", id: toHex(await hmac(indexSecret, `email:${canonicalEmail}`)) };
}

/**
 * The user id that an address without an account points to. Looks like any other and is never born, so that
 * asking about an unknown address takes the same road, and the same work, as asking about a known one.
 */
export async function decoyUserId(indexSecret: string, emailObjectId: string): Promise<string> {
  return toHex((await hmac(indexSecret, `decoy:${emailObjectId}`)).subarray(0, 16));
}
