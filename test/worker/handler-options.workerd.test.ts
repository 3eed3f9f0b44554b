import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import {
  createHandler,
  createLoadSession,
  createWorker,
  isAllowedOrigin,
  type HandlerOptions,
  type LoadSessionOptions,
} from "trpc-userdo/worker";
import { afterEach, describe, expect, it, vi } from "vitest";
import { appRouter } from "../fixtures/app/router.js";

afterEach(() => void vi.restoreAllMocks());

/** Values that a JavaScript project, or a variable that is not set, may pass. */
type Given = Readonly<Record<string, unknown>>;

const refused: [option: string, given: Given][] = [
  ["binding", { binding: "" }],
  ["binding", { binding: 1 }],
  ["path", { path: "/api/../trpc" }],
  ["path", { path: "/trpc/" }],
  ["cookiePrefx", { cookiePrefx: "blog" }],
  ["AllowedOrigins", { AllowedOrigins: [] }],
  ["appUrl", { appUrl: "https://app.example.com" }],
  ["allowedOrigins", { allowedOrigins: "https://app.example.com" }],
  ["allowedOrigins", { allowedOrigins: [undefined] }],
  ["allowedOrigins", { allowedOrigins: ["https://*.pages.dev"] }],
  ["cookies.partitioned", { cookies: { partitioned: true } }],
  ["rateLimits", { rateLimits: "SIGN_UP_LIMIT" }],
  ["rateLimits", { rateLimits: { signup: "SIGN_UP_LIMIT" } }],
  ["rateLimits.signIn", { rateLimits: { signIn: "" } }],
  ["clientAddressHeader", { clientAddressHeader: "" }],
  ["clientAddressHeader", { clientAddressHeader: "X Real IP" }],
  ["clientAddressHeader", { clientAddressHeader: "X-Real-IP:" }],
  ["clientAddressHeader", { clientAddressHeader: ["X-Real-IP"] }],
  ["forms", { forms: { afterSignin: "/" } }],
  ["forms.afterSignIn", { forms: { afterSignIn: "inbox" } }],
  ["forms.afterSignIn", { forms: { afterSignIn: "" } }],
  ["forms.afterSignOut", { forms: { afterSignOut: "https://" } }],
  ["forms.onError", { forms: { onError: "javascript:alert(1)" } }],
  ["forms.onError", { forms: { onError: () => {} } }],
  ["onError", { onError: "console" }],
];

describe("an option that can never take effect", () => {
  it.each(refused)("is rejected at start: %s in %j", (option, given) => {
    const options = { binding: "BLOG_DO", ...given } as unknown as HandlerOptions;
    for (const create of [createHandler, createWorker]) {
      expect(() => create(appRouter, options)).toThrow(option);
    }
  });

  const ofLoadSession: typeof refused = [
    ["binding", { binding: "" }],
    ["audience", { audience: "" }],
    ["cookiePrefx", { cookiePrefx: "blog" }],
    ["allowedOrigins", { allowedOrigins: ["https://app.example.com"] }],
    ["cookiePrefix", { cookiePrefix: "__Host-blog" }],
    ["cookies.sameSite", { cookies: { sameSite: "strict" } }],
  ];
  it.each(ofLoadSession)("is rejected by createLoadSession: %s in %j", (option, given) => {
    const options = { binding: "BLOG_DO", ...given } as unknown as LoadSessionOptions;
    expect(() => createLoadSession(options)).toThrow(option);
  });

  it.each([null, "BLOG_DO", ["BLOG_DO"]])("is rejected unless it is an object: %j", (given) => {
    for (const create of [createHandler, createWorker]) {
      expect(() => create(appRouter, given as never)).toThrow("createHandler: the options are not an object");
    }
    expect(() => createLoadSession(given as never)).toThrow("createLoadSession: the options are not an object");
  });

  it("is rejected by isAllowedOrigin", () => {
    const request = new Request("https://blog.example.com/checkout");
    expect(() => isAllowedOrigin(request, { allowedOrigin: [] } as object)).toThrow('"allowedOrigin" is not an option');
  });

  it("is neither `undefined` nor a form page of any origin", () => {
    const forms = { afterSignIn: "/inbox?new=1", afterSignOut: "https://app.example.com/", onError: undefined };
    const options = { binding: "BLOG_DO", path: undefined, allowedOrigins: undefined, forms, onError: undefined };
    createHandler(appRouter, options as unknown as HandlerOptions);
  });
});

describe("a rate limit that can never take effect", () => {
  const limit = { limit: () => Promise.resolve({ success: true }) };
  async function messageWith(rateLimits: HandlerOptions["rateLimits"], bindings: object): Promise<string> {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const handler = createHandler(appRouter, { binding: "BLOG_DO", ...(rateLimits && { rateLimits }) });
    const request = new Request("https://blog.example.com/trpc/ping");
    const response = await handler(request, { ...env, ...bindings }, createExecutionContext());
    return response!.text();
  }

  it("fails the first request, with its name and how to add it", async () => {
    expect(await messageWith({ signUp: "MY_LIMIT" }, {})).toMatch(
      /The rate limit MY_LIMIT is missing\. Add .*ratelimits/,
    );
    expect(await messageWith({ signIn: "MY_LIMIT" }, { MY_LIMIT: "10" })).toContain("is not a rate limit");
    expect(await messageWith(undefined, { SIGN_UP_LIMIT: "10" })).toContain("SIGN_UP_LIMIT is not a rate limit");
  });

  it("is neither absent nor an existing binding", async () => {
    expect(await messageWith(undefined, {})).toContain('"result"');
    expect(await messageWith({}, { SIGN_IN_LIMIT: limit })).toContain('"result"');
    expect(await messageWith({ signUp: "MY_LIMIT" }, { MY_LIMIT: limit, SIGN_UP_LIMIT: "10" })).toContain('"result"');
  });
});
