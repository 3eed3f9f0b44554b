import type { AllowedOrigins } from "../gate/allowed-origins.js";

export interface TargetOptions {
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
 * this site an open redirect, which lends its name to links that lead elsewhere.
 */
export function redirectTarget({ requested, fallback, ownOrigin, allowedOrigins }: TargetOptions): URL {
  const own = new URL(fallback, ownOrigin);
  if (requested === undefined || !URL.canParse(requested, ownOrigin)) return own;
  const target = new URL(requested, ownOrigin);
  // The origin of a blob: URL is that of the page which created it.
  if (!/^https?:$/.test(target.protocol) || target.username !== "" || target.password !== "") return own;
  return target.origin === ownOrigin || allowedOrigins.includes(target.origin) ? target : own;
}
