import { ReasonedError } from "../../router/reasoned-error.js";
import type { WarnOnce } from "../create-warn-once.js";
import { isLoopback } from "./cookie-names.js";
import type { CookieOptions } from "./cookie-options.js";

export interface SignInRequest {
  readonly path: string;
  /** The input of the call, not validated yet. */
  readonly input: unknown;
  readonly headers: Headers;
  readonly url: URL;
  /** The origin that a form redirects to after the sign-in; `undefined` for a call. */
  readonly redirectOrigin?: string | undefined;
}

const useTokens = 'sign in with `tokens: "body"`';
const otherSite =
  "The browser would drop the cookies of this sign-in, because the page belongs to another site than the API.";

/** Why a browser would drop the cookies of a sign-in, and the fix. */
const causes = {
  plainHttp:
    "The browser would drop the cookies of this sign-in, because the page was opened over plain http. Open it over https or on " +
    `localhost, or ${useTokens}.`,
  otherSite:
    `${otherSite} Set \`cookies: { sameSite: "none", partitioned: true }\` in the Worker's options, serve both ` +
    `from one site (localhost and 127.0.0.1 are two), or ${useTokens}.`,
  embedded:
    "The browser would drop the cookies of this sign-in, because a page of another site embeds this one. Set `cookies: { sameSite: " +
    `"none", partitioned: true }\` in the Worker's options, or ${useTokens}.`,
  thirdParty:
    "The browser would drop the cookies of this sign-in, because it blocks third-party cookies. Set `partitioned: true` beside " +
    `\`sameSite: "none"\` in the Worker's option \`cookies\`, or ${useTokens}.`,
  otherSiteForm: `${otherSite} Sign in with a call (createClient) instead of a form, or serve both from one site.`,
} as const;

type Cause = keyof typeof causes;

/** Refuses sign-ins that would seem to succeed although the browser drops their cookies. */
export interface DroppedCookieCheck {
  /**
   * Does nothing for calls that need no cookies, and for tokens in the body.
   * @throws ReasonedError PRECONDITION_FAILED (COOKIES_DROPPED) if the browser is certain to drop the cookies
   */
  check(request: SignInRequest): void;
}

const CONFIRM_DEVICE = "auth.confirmDevice";
/** Calls that have no effect if the browser drops their cookies. */
const needCookies: ReadonlySet<string> = new Set(["auth.signup", "auth.login", CONFIRM_DEVICE]);

const droppedConfirmation =
  "The browser would drop the cookie that confirms it. Sign in from this page: the error of the sign-in contains the fix.";

/** Creates the check of one app. It logs each cause once. */
export function createDroppedCookieCheck(options: CookieOptions, warnOnce: WarnOnce): DroppedCookieCheck {
  return {
    check(request) {
      if (!needCookies.has(request.path) || wantsTokens(request.input)) return;
      const cause = findCause(request, options);
      if (cause === undefined) return;
      warnOnce(`A sign-in was refused. ${causes[cause]}`);
      const message = request.path === CONFIRM_DEVICE ? droppedConfirmation : causes[cause];
      throw new ReasonedError({ code: "PRECONDITION_FAILED", message, reason: "COOKIES_DROPPED" });
    },
  };
}

function wantsTokens(input: unknown): boolean {
  return typeof input === "object" && input !== null && "tokens" in input && input.tokens === "body";
}

/**
 * Uses only headers that browsers set: `Origin` and `Sec-Fetch-*`, which they send only to trustworthy addresses (https and
 * localhost). A request without these is not refused, because a server or an old browser may have sent it.
 */
function findCause(
  { headers, url, redirectOrigin }: SignInRequest,
  { sameSite = "lax", partitioned = false }: CookieOptions,
): Cause | undefined {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin") ?? "";
  if (site === null && origin.startsWith("http:") && url.protocol === "http:" && !isLoopback(url)) return "plainHttp";

  // A form navigates to this site, so the browser stores the cookies, but a page of another site cannot use them.
  if (headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document") {
    const isLost = site === "cross-site" && redirectOrigin === origin && (sameSite === "lax" || partitioned);
    return isLost ? "otherSiteForm" : undefined;
  }
  // "active": the user has granted this page access to third-party cookies. Browsers send it only to third parties.
  const access = headers.get("sec-fetch-storage-access");
  if (sameSite === "lax") return site === "cross-site" ? "otherSite" : access === null ? undefined : "embedded";
  return partitioned || access === null || access === "active" ? undefined : "thirdParty";
}
