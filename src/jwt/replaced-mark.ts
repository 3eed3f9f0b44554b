import { fromBase64Url, toBase64Url } from "../shared/base64url.js";
import { hmac, verifyHmac } from "../shared/hmac.js";
import type { SigningSecrets } from "./keyring.js";

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

const MARK = /^[A-Za-z0-9_-]{43}$/;

/**
 * Creates a MAC that shows that a later sign-in in this browser replaced a session. Without the MAC, another app on the
 * same host could end this app's sessions.
 */
export async function replacedMarkOf(sessionId: string, { secrets, audience }: Options): Promise<string> {
  return toBase64Url(await hmac(secrets.current, messageOf(sessionId, audience)));
}

/** Whether {@link replacedMarkOf} created the mark for this session. */
export async function isReplacedMark(
  mark: string,
  sessionId: string,
  { secrets, audience }: Options,
): Promise<boolean> {
  if (!MARK.test(mark)) return false;
  for (const secret of [secrets.current, secrets.previous]) {
    if (secret !== undefined && (await verifyHmac(secret, messageOf(sessionId, audience), fromBase64Url(mark)))) {
      return true;
    }
  }
  return false;
}

function messageOf(sessionId: string, audience: string): string {
  return `replaced|${audience}|${sessionId}`;
}
