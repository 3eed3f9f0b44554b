import { createHash } from "node:crypto";

/**
 * Asks a service about breached passwords without telling it one. It gets the first five hex digits of the password's
 * SHA-1 and answers with the rest of all that begin so, one a line, as `SUFFIX:COUNT`.
 */
export type CheckBreachedPassword = (prefix: string, signal: AbortSignal) => Promise<string>;

/** A sign-up does not wait longer for somebody else's service. */
const BREACH_CHECK_TIMEOUT_MS = 1_000;

/** Whether a service knows the password; `"unknown"` when it did not answer in time, which lets the password pass. */
export async function isBreached(password: string, lookUp: CheckBreachedPassword): Promise<boolean | "unknown"> {
  const digest = createHash("sha1").update(password).digest("hex").toUpperCase();
  const signal = AbortSignal.timeout(BREACH_CHECK_TIMEOUT_MS);
  const tooLate = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("The look-up took too long.")));
  });
  try {
    const answer = await Promise.race([lookUp(digest.slice(0, 5), signal), tooLate]);
    const line = answer.split(/\r?\n/).find((each) => each.toUpperCase().startsWith(`${digest.slice(5)}:`));
    // With padding on, a service mixes in lines whose count is 0.
    return line !== undefined && Number(line.split(":")[1]) > 0;
  } catch {
    return "unknown";
  }
}
