import type { AllowedOrigins } from "../gate/allowed-origins.js";
import { errorReason } from "../../shared/error-reason.js";
import type { FormRequest } from "../gate/gate-result.js";

/** Where to redirect after a form without JavaScript: a path, or a page of one of the `allowedOrigins`. */
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
   * After an error, unless the form has a field `back`. The code of the error is added, and its reason if it has one:
   * `?error=UNAUTHORIZED&reason=WRONG_CREDENTIALS`.
   * @default "/"
   */
  readonly onError?: string;
}

export interface RedirectOptions {
  readonly options: FormOptions;
  readonly allowedOrigins: AllowedOrigins;
}

/** The page to redirect to after a successful call. */
export function targetAfter({ form, fields, url }: FormRequest, { options, allowedOrigins }: RedirectOptions): URL {
  const { afterSignIn = "/", afterSignOut = "/" } = options;
  const fallback = form === "logout" ? afterSignOut : afterSignIn;
  return redirectTarget({ requested: fields.get("next"), fallback, ownOrigin: url.origin, allowedOrigins });
}

/** Turns the response of a form's procedure into a redirect with the same cookies. */
export async function redirectAfter(
  gated: FormRequest,
  response: Response,
  redirects: RedirectOptions,
): Promise<Response> {
  const error = response.ok ? undefined : parseError(await response.text());
  // A sign-out succeeds even if nobody is signed in.
  const isFailure = error !== undefined && !(gated.form === "logout" && error.code === "UNAUTHORIZED");
  const target = isFailure ? targetOnError(gated, redirects, error) : targetAfter(gated, redirects);
  // With 303 See Other, the browser requests the page by GET, and a reload does not send the password again.
  const headers = new Headers({ Location: target.href });
  for (const cookie of response.headers.getSetCookie()) headers.append("Set-Cookie", cookie);
  return new Response(null, { status: 303, headers });
}

interface FormError {
  readonly code: string;
  readonly reason: string | undefined;
}

function targetOnError(
  { fields, url }: FormRequest,
  { options, allowedOrigins }: RedirectOptions,
  { code, reason }: FormError,
): URL {
  const fallback = options.onError ?? "/";
  const target = redirectTarget({ requested: fields.get("back"), fallback, ownOrigin: url.origin, allowedOrigins });
  target.searchParams.set("error", code);
  // The address that the form posts may contain the reason of an earlier error.
  target.searchParams.delete("reason");
  if (reason !== undefined) target.searchParams.set("reason", reason);
  return target;
}

/** Reads the code and the reason of a tRPC error from a response's body. */
function parseError(text: string): FormError {
  try {
    const { error } = JSON.parse(text) as { error?: { json?: { data?: { code?: unknown } } } };
    const code = error?.json?.data?.code;
    if (typeof code === "string") return { code, reason: errorReason(error?.json) };
  } catch {
    // Any other body is an unexpected error.
  }
  return { code: "INTERNAL_SERVER_ERROR", reason: undefined };
}

interface TargetOptions {
  /** The address in the form's field, not validated yet. */
  readonly requested: string | undefined;
  /** Used if `requested` is missing or not allowed. */
  readonly fallback: string;
  readonly ownOrigin: string;
  /** Foreign origins that may post forms, and that forms may redirect to. */
  readonly allowedOrigins: AllowedOrigins;
}

/**
 * Returns where to redirect the browser: a path of this origin, or a page of an allowed origin. Any other address would make
 * this site an open redirect, which phishing links could abuse.
 */
export function redirectTarget({ requested, fallback, ownOrigin, allowedOrigins }: TargetOptions): URL {
  const own = new URL(fallback, ownOrigin);
  if (requested === undefined || !URL.canParse(requested, ownOrigin)) return own;
  const target = new URL(requested, ownOrigin);
  // The origin of a blob: URL is that of the page which created it.
  if (!/^https?:$/.test(target.protocol) || target.username !== "" || target.password !== "") return own;
  return target.origin === ownOrigin || allowedOrigins.includes(target.origin) ? target : own;
}
