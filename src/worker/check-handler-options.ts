import { checkFunction, checkOptionNames, checkText } from "../shared/check-options.js";
import { checkNames } from "./check-names.js";
import { checkCookieOptions } from "./cookies/cookie-options.js";
import type { FormOptions } from "./forms/redirect-after.js";
import type { HandlerOptions } from "./options.js";

/**
 * Checks the options when the app starts, because an option that is misspelt or never matches a request would have no
 * visible effect. `createAllowedOrigins` checks `allowedOrigins`.
 *
 * @throws Error with the name of the option
 */
export function checkHandlerOptions(options: HandlerOptions): void {
  checkOptionNames("createHandler", options, {
    binding: true,
    path: true,
    allowedOrigins: true,
    rateLimits: true,
    clientAddressHeader: true,
    cookiePrefix: true,
    cookies: true,
    forms: true,
    onError: true,
    onCall: true,
  });
  const {
    binding,
    path = "/trpc",
    rateLimits = {},
    clientAddressHeader,
    cookiePrefix,
    cookies = {},
    forms = {},
  } = options;
  if (binding !== undefined) checkBindingName("binding", binding);
  checkNames({ path, cookiePrefix });
  checkOptionNames("rateLimits", rateLimits, { signUp: true, signIn: true });
  checkText("rateLimits.signUp", rateLimits.signUp);
  checkText("rateLimits.signIn", rateLimits.signIn);
  checkHeaderName(clientAddressHeader);
  checkCookieOptions(cookies);
  checkForms(forms);
  checkFunction("onError", options.onError);
  checkFunction("onCall", options.onCall);
}

/** @throws Error if a name cannot be that of a binding */
export function checkBindingName(option: string, name: unknown): void {
  if (typeof name === "string" && name.trim() !== "") return;
  throw new Error(`${option} is not the name of a binding. Use the name in wrangler.jsonc, such as "BLOG_DO".`);
}

function checkHeaderName(name: unknown): void {
  if (name === undefined || (typeof name === "string" && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))) return;
  throw new Error(
    `clientAddressHeader: "${String(name)}" is not the name of a header. Use the header that your proxy sets, such as "X-Real-IP".`,
  );
}

function checkForms(forms: FormOptions): void {
  checkOptionNames("forms", forms, { afterSignIn: true, afterSignOut: true, onError: true });
  for (const [name, page] of Object.entries(forms)) {
    if (page === undefined || isPage(page)) continue;
    throw new Error(
      `forms.${name}: "${String(page)}" is not the address of a page. Use a path that begins with "/", or ` +
        "an address that begins with https://.",
    );
  }
}

function isPage(value: unknown): boolean {
  if (typeof value !== "string" || !/^(\/|https?:\/\/)/.test(value)) return false;
  return URL.canParse(value, "https://app.example.com");
}
