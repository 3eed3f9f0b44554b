/**
 * Procedures that send mail to an address. They respond equally with and without an account, but an empty object takes
 * longer to start than an initialized one, and these calls do not hash a password, which would hide the difference.
 */
const BY_ADDRESS: ReadonlySet<string> = new Set(["auth.requestPasswordReset", "auth.requestDeviceLink"]);

/** Longer than an object usually takes to start and respond, and too short for a user to notice. */
const MINIMUM_MS = 100;

/**
 * Resolves when the response to these calls may be sent, so that its time does not show whether an address has an account.
 * `undefined` if it may be sent at once. Call it before the calls are sent.
 */
export function minimumResponseTime(calls: readonly { readonly path: string }[]): Promise<void> | undefined {
  if (!calls.some(({ path }) => BY_ADDRESS.has(path))) return undefined;
  return new Promise((resolve) => {
    setTimeout(resolve, MINIMUM_MS);
  });
}
