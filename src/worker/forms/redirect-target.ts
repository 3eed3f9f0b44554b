import type { AllowedOrigins } from "../gate/allowed-origins.js";

/** Where a form may send the browser on to. */
export interface TargetOptions {
  /** What the form asked for, unchecked. */
  readonly wanted: string | undefined;
  /** Where to otherwise. */
  readonly fallback: string;
  readonly ownOrigin: string;
  /** Foreign origins that may be sent on to, because their pages may post. */
  readonly allowedOrigins: AllowedOrigins;
}

/**
 * Where the browser goes next: a path of this origin, or a page of an allowed one. Anything else, however it is
 * spelled, would let a link that looks like this site's lead somewhere else, and is not followed.
 */
export function redirectTarget({ wanted, fallback, ownOrigin, allowedOrigins }: TargetOptions): URL {
  const own = new URL(fallback, ownOrigin);
  if (wanted === undefined || !URL.canParse(wanted, ownOrigin)) return own;
  const target = new URL(wanted, ownOrigin);
  // The origin of a blob: URL is that of the page which made it.
  if (!/^https?:$/.test(target.protocol) || target.username !== "" || target.password !== "") return own;
  return target.origin === ownOrigin || allowedOrigins.includes(target.origin) ? target : own;
}
