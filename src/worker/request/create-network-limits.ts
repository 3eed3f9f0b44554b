import type { Placement } from "../../router/placement.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { ConfigurationError } from "../../shared/configuration-error.js";

/** A binding of Cloudflare's `ratelimit`. */
interface RateLimit {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

export interface NetworkLimitsOptions {
  readonly env: object;
  readonly bindings: { readonly signUp?: string; readonly signIn?: string };
  readonly network: string | undefined;
}

/** What one network may try: counted before any object is asked, and where Cloudflare counts, not exactly. */
export interface NetworkLimits {
  /** @throws TRPCError TOO_MANY_REQUESTS */
  check(path: string, placement: Placement): Promise<void>;
}

/** Procedures that answer whether an address has an account. They share one allowance. */
const SHOW_ACCOUNTS: ReadonlySet<string> = new Set(["auth.signup", "auth.changeEmail"]);

export function createNetworkLimits({ env, bindings, network }: NetworkLimitsOptions): NetworkLimits {
  const { signUp = "SIGN_UP_LIMIT", signIn = "SIGN_IN_LIMIT" } = bindings;
  return {
    async check(path, { kind }) {
      const showsAccounts = SHOW_ACCOUNTS.has(path);
      // Beside those, only what strangers may call: a session has limits of its own.
      if (!showsAccounts && kind !== "email" && kind !== "mail") return;
      const binding = (env as Record<string, unknown>)[showsAccounts ? signUp : signIn];
      if (!isRateLimit(binding)) return;
      // Without an address nobody can be told apart, so all of those share one allowance.
      const { success } = await binding.limit({ key: network ?? "unknown" });
      if (!success) throw tooMany();
    },
  };
}

/**
 * Checks the bindings with each request, because settings are only available with a request. Without a binding of a default name
 * there is no limit. A name that the app chose itself, or a variable in the place of the binding, would be a limit that never
 * takes effect.
 *
 * @throws ConfigurationError that names the binding
 */
export function checkRateLimits(env: object, { signUp, signIn }: NetworkLimitsOptions["bindings"]): void {
  checkRateLimit(env, signUp ?? "SIGN_UP_LIMIT", signUp !== undefined);
  checkRateLimit(env, signIn ?? "SIGN_IN_LIMIT", signIn !== undefined);
}

function checkRateLimit(env: object, name: string, isRequired: boolean): void {
  const binding = (env as Record<string, unknown>)[name];
  if (isRateLimit(binding) || (binding === undefined && !isRequired)) return;
  throw new ConfigurationError(
    `The rate limit ${name} is ${binding === undefined ? "missing" : "not a rate limit"}. Add { "name": "${name}", ` +
      '"namespace_id": …, "simple": { "limit": …, "period": 60 } } to ratelimits in wrangler.jsonc.',
  );
}

function isRateLimit(value: unknown): value is RateLimit {
  return typeof value === "object" && value !== null && "limit" in value && typeof value.limit === "function";
}

function tooMany(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    message: "Too many tries from your network. Try again in a minute.",
    retryAfter: 60,
  });
}
