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

/** Limits how often one network may sign up and in, before a request uses an object. Cloudflare does not count exactly. */
export interface NetworkLimits {
  /** Whether a procedure is limited. Most are not, and need no check. */
  applies(path: string, placement: Pick<Placement, "kind">): boolean;
  /** @throws ReasonedError TOO_MANY_REQUESTS (NETWORK_RATE_LIMITED) */
  check(path: string, placement: Placement): Promise<void>;
}

/** Procedures that reveal whether an address has an account. They share one limit. */
const REVEAL_ACCOUNTS: ReadonlySet<string> = new Set(["auth.signup", "auth.changeEmail"]);

export function createNetworkLimits({ env, bindings, network }: NetworkLimitsOptions): NetworkLimits {
  const { signUp = "SIGN_UP_LIMIT", signIn = "SIGN_IN_LIMIT" } = bindings;
  return {
    applies,
    async check(path, placement) {
      if (!applies(path, placement)) return;
      const binding = (env as Record<string, unknown>)[REVEAL_ACCOUNTS.has(path) ? signUp : signIn];
      if (!isRateLimit(binding)) return;
      // Requests without an address share one limit.
      const { success } = await binding.limit({ key: network ?? "unknown" });
      if (!success) throw tooManyTries();
    },
  };
}

/** Other procedures are limited only if they work without a session, because sessions have limits of their own. */
function applies(path: string, { kind }: Pick<Placement, "kind">): boolean {
  return REVEAL_ACCOUNTS.has(path) || kind === "email" || kind === "mail";
}

/**
 * Checks the bindings at each request, because settings are only available then. A binding with a default name may be
 * missing. A name that the app sets but does not bind, or a variable instead of a binding, would be a limit without effect.
 *
 * @throws ConfigurationError with the name of the binding
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

function tooManyTries(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "NETWORK_RATE_LIMITED",
    message: "There were too many attempts from your network. Try again in a minute.",
    retryAfter: 60,
  });
}
