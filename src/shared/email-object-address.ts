import { toHex } from "./hex.js";
import { hmac } from "./hmac.js";
import type { ObjectAddress } from "./owner.js";

/**
 * The address of the index object of an email address. The object is named after an HMAC with `INDEX_SECRET`, so nobody can
 * read the email address from the name in a log or a dashboard, or check a guess.
 */
export async function emailObjectAddress(indexSecret: string, canonicalEmail: string): Promise<ObjectAddress> {
  return { type: "email", id: toHex(await hmac(indexSecret, `email:${canonicalEmail}`)) };
}

/**
 * The user id for an email address that has no account. No user ever has it. Calls about an unknown email address go to this
 * user's object, so that they do the same work as calls about a known one.
 */
export async function decoyUserId(indexSecret: string, emailObjectId: string): Promise<string> {
  return toHex((await hmac(indexSecret, `decoy:${emailObjectId}`)).subarray(0, 16));
}
