import { describe, expect, it } from "vitest";
import { TRPCError } from "@trpc/server";
import { createNetworkLimits } from "../../src/worker/request/create-network-limits.js";

/** A binding like Cloudflare's, with this many attempts for each key. */
function rateLimit(tries: number) {
  const counts = new Map<string, number>();
  return {
    counts,
    limit: ({ key }: { key: string }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return Promise.resolve({ success: (counts.get(key) ?? 0) <= tries });
    },
  };
}

const email = { kind: "email", setsCookies: "always" } as const;
const user = { kind: "user", setsCookies: "never" } as const;

async function codeOf(work: Promise<void>): Promise<string> {
  return work.then(
    () => "none",
    (error: unknown) => (error instanceof TRPCError ? error.code : "another"),
  );
}

describe("the rate limit of a network", () => {
  it("is counted by network, separately for sign-ups and sign-ins", async () => {
    const env = { SIGN_UP_LIMIT: rateLimit(1), SIGN_IN_LIMIT: rateLimit(2) };
    const limits = createNetworkLimits({ env, bindings: {}, network: "203.0.113.7" });
    const elsewhere = createNetworkLimits({ env, bindings: {}, network: "203.0.113.8" });
    expect(await codeOf(limits.check("auth.signup", email))).toBe("none");
    expect(await codeOf(limits.check("auth.signup", email))).toBe("TOO_MANY_REQUESTS");
    expect(await codeOf(elsewhere.check("auth.signup", email))).toBe("none");
    expect(await codeOf(limits.check("auth.login", email))).toBe("none");
    expect(await codeOf(limits.check("auth.requestPasswordReset", email))).toBe("none");
    expect(await codeOf(limits.check("auth.resetPassword", { kind: "mail", setsCookies: "never" }))).toBe(
      "TOO_MANY_REQUESTS",
    );
    expect(await codeOf(limits.check("posts.list", user))).toBe("none");
  });

  it("is shared by the procedures that reveal whether an address has an account", async () => {
    const env = { SIGN_UP_LIMIT: rateLimit(2), SIGN_IN_LIMIT: rateLimit(2) };
    const limits = createNetworkLimits({ env, bindings: {}, network: "203.0.113.7" });
    expect(await codeOf(limits.check("auth.changeEmail", user))).toBe("none");
    expect(await codeOf(limits.check("auth.signup", email))).toBe("none");
    expect(await codeOf(limits.check("auth.changeEmail", user))).toBe("TOO_MANY_REQUESTS");
    expect(env.SIGN_IN_LIMIT.counts.size).toBe(0);
  });

  it("is shared by clients without an address", async () => {
    const env = { LIMIT: rateLimit(1) };
    const limits = createNetworkLimits({ env, bindings: { signIn: "LIMIT" }, network: undefined });
    expect(await codeOf(limits.check("auth.login", email))).toBe("none");
    expect(await codeOf(limits.check("auth.login", email))).toBe("TOO_MANY_REQUESTS");
  });

  it("does not exist without the binding", async () => {
    const limits = createNetworkLimits({ env: { SIGN_IN_LIMIT: "no binding" }, bindings: {}, network: "203.0.113.7" });
    expect(await codeOf(limits.check("auth.login", email))).toBe("none");
  });
});
