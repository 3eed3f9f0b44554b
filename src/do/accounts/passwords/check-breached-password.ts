import { createHash } from "node:crypto";

/**
 * Queries a service for breached passwords. The service gets the first five hex digits of the password's SHA-1, and
 * returns the suffixes of all hashes with this prefix, one per line, as `SUFFIX:COUNT`.
 *
 * @see https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange
 */
export type CheckBreachedPassword = (prefix: string, signal: AbortSignal) => Promise<string>;

/** Limit of the time that a sign-up waits for the service. */
const BREACH_CHECK_TIMEOUT_MS = 1_000;

/** Whether the password was breached; `"unknown"` if the service failed or was too slow. The password is then accepted. */
export async function isBreached(
  password: string,
  checkBreachedPassword: CheckBreachedPassword,
): Promise<boolean | "unknown"> {
  const digest = createHash("sha1").update(password).digest("hex").toUpperCase();
  const signal = AbortSignal.timeout(BREACH_CHECK_TIMEOUT_MS);
  const tooLate = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () =>
      reject(new Error("The service for breached passwords did not answer in time.")),
    );
  });
  try {
    const answer = await Promise.race([checkBreachedPassword(digest.slice(0, 5), signal), tooLate]);
    const line = answer.split(/\r?\n/).find((each) => each.toUpperCase().startsWith(`${digest.slice(5)}:`));
    // A service that pads its replies adds lines with the count 0.
    return line !== undefined && Number(line.split(":")[1]) > 0;
  } catch {
    return "unknown";
  }
}
