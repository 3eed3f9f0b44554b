import { TRPCError } from "@trpc/server";
import type { Placement } from "../router/placement.js";

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

function isRateLimit(value: unknown): value is RateLimit {
  return typeof value === "object" && value !== null && "limit" in value && typeof value.limit === "function";
}

function tooMany(): TRPCError {
  return new TRPCError({
    code: "TOO_MANY_REQUESTS",
    message: "Too many tries from your network. Try again in a minute.",
  });
}
