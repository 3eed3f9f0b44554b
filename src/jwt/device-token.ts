import { toBase64Url } from "../shared/base64url.js";
import { hmac, verifyHmac } from "../shared/hmac.js";
import type { SigningSecrets } from "./signing-secrets.js";

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

/** So many accounts of one browser are remembered, the last ones. */
const ACCOUNTS = 4;
const TOKEN = /^([0-9a-f]{32})((?:\.[A-Za-z0-9_-]{22}){1,4})$/;

/**
 * Marks a browser in which these users have signed in before: an id of its own, and for each user a MAC over both.
 * It signs nobody in. It only tells a browser of the user's from a stranger's who guesses passwords.
 */
export async function addToDevice(
  token: string | undefined,
  userId: string,
  options: Options & { readonly newId: string },
): Promise<string> {
  const [, id = options.newId, marks = ""] = TOKEN.exec(token ?? "") ?? [];
  const mark = await markOf(id, userId, options.secrets.current, options.audience);
  const others = marks.split(".").filter((other) => other !== "" && other !== mark);
  return [id, mark, ...others.slice(0, ACCOUNTS - 1)].join(".");
}

/** The id of a device in which the user has signed in before, `undefined` for any other. */
export async function knownDevice(
  token: string | undefined,
  userId: string,
  { secrets, audience }: Options,
): Promise<string | undefined> {
  const [, id, marks = ""] = TOKEN.exec(token ?? "") ?? [];
  if (id === undefined) return undefined;
  for (const mark of marks.split(".").slice(1)) {
    for (const secret of [secrets.current, secrets.previous]) {
      if (secret !== undefined && (await isMark(mark, id, userId, secret, audience))) return id;
    }
  }
  return undefined;
}

async function markOf(id: string, userId: string, secret: string, audience: string): Promise<string> {
  return toBase64Url((await hmac(secret, `device|${audience}|${userId}|${id}`)).subarray(0, 16));
}

/** Compares digests of both, so that how long it takes says nothing about the right one. */
async function isMark(mark: string, id: string, userId: string, secret: string, audience: string): Promise<boolean> {
  const right = await markOf(id, userId, secret, audience);
  const digest = await hmac(secret, right);
  return verifyHmac(secret, mark, new Uint8Array(digest));
}
