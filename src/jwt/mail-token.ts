import { fromBase64Url, toBase64Url } from "../shared/base64url.js";
import { hmac, verifyHmac } from "../shared/hmac.js";
import { OWNER_ID } from "../shared/jurisdiction.js";
import type { SigningSecrets } from "./keyring.js";

/** The purpose of a token in a mail. A token is never accepted for another purpose. */
export type MailPurpose = "verifyEmail" | "resetPassword" | "changeEmail" | "confirmDevice";

/**
 * The token in the link of a mail. The user's object stores a digest of the secret, and whether it was used. The MAC is for
 * the Worker, which rejects a forged token without a request to an object, and reads the user from a valid one.
 */
export interface MailToken {
  readonly purpose: MailPurpose;
  readonly userId: string;
  /** 256 random bits. */
  readonly secret: string;
}

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

const purposeCodes: Readonly<Record<MailPurpose, string>> = {
  verifyEmail: "v",
  resetPassword: "r",
  changeEmail: "c",
  confirmDevice: "d",
};
// The last character of the MAC encodes four bits, so only sixteen are allowed: each token has exactly one spelling.
const TOKEN = new RegExp(
  String.raw`^([vrcd])\.(${OWNER_ID})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$`,
);

export function newMailSecret(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

export async function writeMailToken(
  { purpose, userId, secret }: MailToken,
  { secrets, audience }: Options,
): Promise<string> {
  const body = `${purposeCodes[purpose]}.${userId}.${secret}`;
  return `${body}.${toBase64Url(await hmac(secrets.current, `mail|${audience}|${body}`))}`;
}

/** Returns the contents of a token with a valid MAC; `undefined` for any other. It may have been used before. */
export async function readMailToken(token: string, { secrets, audience }: Options): Promise<MailToken | undefined> {
  const [, code, userId = "", secret = "", mac = ""] = TOKEN.exec(token) ?? [];
  const purpose = (Object.keys(purposeCodes) as MailPurpose[]).find((candidate) => purposeCodes[candidate] === code);
  if (!purpose) return undefined;
  const message = `mail|${audience}|${code}.${userId}.${secret}`;
  for (const key of [secrets.current, secrets.previous]) {
    if (key !== undefined && (await verifyHmac(key, message, fromBase64Url(mac)))) return { purpose, userId, secret };
  }
  return undefined;
}
