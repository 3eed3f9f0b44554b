import { fromBase64Url, toBase64Url } from "../shared/base64url.js";
import { hmac, verifyHmac } from "../shared/hmac.js";
import type { SigningSecrets } from "./signing-secrets.js";

/** What a token that goes out by mail is for. One purpose never passes for another. */
export type MailPurpose = "verifyEmail" | "resetPassword" | "changeEmail" | "confirmDevice";

/**
 * The token in the link of a mail. The user's object knows a digest of the secret, and when it was used. The MAC is for
 * the Worker: it can tell a made-up token without asking any object, and where to take a real one.
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

const letters: Readonly<Record<MailPurpose, string>> = {
  verifyEmail: "v",
  resetPassword: "r",
  changeEmail: "c",
  confirmDevice: "d",
};
// The last character of the MAC stands for four bits, so it is one of sixteen: each token has one spelling only.
const TOKEN = /^([vrcd])\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

export function newMailSecret(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

export async function writeMailToken(
  { purpose, userId, secret }: MailToken,
  { secrets, audience }: Options,
): Promise<string> {
  const body = `${letters[purpose]}.${userId}.${secret}`;
  return `${body}.${toBase64Url(await hmac(secrets.current, `mail|${audience}|${body}`))}`;
}

/** What a token says whose MAC holds, `undefined` for anything else. */
export async function readMailToken(token: string, { secrets, audience }: Options): Promise<MailToken | undefined> {
  const [, letter, userId = "", secret = "", mac = ""] = TOKEN.exec(token) ?? [];
  const purpose = (Object.keys(letters) as MailPurpose[]).find((candidate) => letters[candidate] === letter);
  if (!purpose) return undefined;
  const message = `mail|${audience}|${letter}.${userId}.${secret}`;
  for (const key of [secrets.current, secrets.previous]) {
    if (key !== undefined && (await verifyHmac(key, message, fromBase64Url(mac)))) return { purpose, userId, secret };
  }
  return undefined;
}
