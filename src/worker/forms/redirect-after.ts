import type { AllowedOrigins } from "../gate/allowed-origins.js";
import type { GatedForm } from "../gate/gate-result.js";
import { redirectTarget } from "./redirect-target.js";

/** Where forms without JavaScript lead. Each may be a path, or a page of one of the `allowedOrigins`. */
export interface FormOptions {
  /**
   * After signing up or in, unless the form has a field `next`.
   * @default "/"
   */
  readonly afterSignIn?: string;
  /**
   * After signing out, unless the form has a field `next`.
   * @default "/"
   */
  readonly afterSignOut?: string;
  /**
   * When it failed, unless the form has a field `back`. The code of the error is added: `?error=UNAUTHORIZED`.
   * @default "/"
   */
  readonly onError?: string;
}

export interface RedirectOptions {
  readonly options: FormOptions;
  readonly allowedOrigins: AllowedOrigins;
}

/** The page that a form leads to after a successful call. */
export function targetAfter({ form, fields, url }: GatedForm, { options, allowedOrigins }: RedirectOptions): URL {
  const { afterSignIn = "/", afterSignOut = "/" } = options;
  const fallback = form === "logout" ? afterSignOut : afterSignIn;
  return redirectTarget({ wanted: fields.get("next"), fallback, ownOrigin: url.origin, allowedOrigins });
}

/** Turns the answer of a form's procedure into a redirect, and keeps its cookies. */
export async function redirectAfter(
  gated: GatedForm,
  response: Response,
  redirects: RedirectOptions,
): Promise<Response> {
  const { form } = gated;
  const code = response.ok ? undefined : codeIn(await response.text());
  // Whoever signs out when nobody is signed in has what they want.
  const failed = code !== undefined && !(form === "logout" && code === "UNAUTHORIZED");
  const target = failed ? targetOnError(gated, redirects, code) : targetAfter(gated, redirects);
  // See Other: the browser asks for the page by GET, and a reload sends no password again.
  const headers = new Headers({ Location: target.href });
  for (const cookie of response.headers.getSetCookie()) headers.append("Set-Cookie", cookie);
  return new Response(null, { status: 303, headers });
}

function targetOnError({ fields, url }: GatedForm, { options, allowedOrigins }: RedirectOptions, code: string): URL {
  const fallback = options.onError ?? "/";
  const target = redirectTarget({ wanted: fields.get("back"), fallback, ownOrigin: url.origin, allowedOrigins });
  target.searchParams.set("error", code);
  return target;
}

/** The tRPC code of an error's body. */
function codeIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { json?: { data?: { code?: unknown } } } };
    const code = error?.json?.data?.code;
    if (typeof code === "string") return code;
  } catch {
    // Told below: whatever it was, it is not the user's fault.
  }
  return "INTERNAL_SERVER_ERROR";
}
