import { ReasonedError } from "../../router/reasoned-error.js";
import type { WarnOnce } from "../create-warn-once.js";
import type { CookieOptions } from "./cookie-options.js";
import { isLoopback } from "./is-loopback.js";

export interface SignInRequest {
  readonly path: string;
  /** The call's input, which no schema has checked yet. */
  readonly input: unknown;
  readonly headers: Headers;
  readonly url: URL;
  /** The origin that a form leads to after the sign-in; `undefined` for a call. */
  readonly leadsTo?: string | undefined;
}

const useTokens = 'sign in with `tokens: "body"`';
const ofAnotherSite = "The browser would not keep this sign-in, because the page belongs to another site than the API.";

/** Why a browser would drop the cookies of a sign-in, and the fix. */
const causes = {
  plainHttp:
    "The browser would not keep this sign-in, because the page was opened over plain http. Open it over https or on " +
    `localhost, or ${useTokens}.`,
  otherSite:
    `${ofAnotherSite} Set \`cookies: { sameSite: "none", partitioned: true }\` in the Worker's options, serve both ` +
    `from one site (localhost and 127.0.0.1 are two), or ${useTokens}.`,
  embedded:
    "The browser would not keep this sign-in, because a page of another site embeds this one. Set `cookies: { sameSite: " +
    `"none", partitioned: true }\` in the Worker's options, or ${useTokens}.`,
  thirdParty:
    "The browser would not keep this sign-in, because it blocks third-party cookies. Set `partitioned: true` beside " +
    `\`sameSite: "none"\` in the Worker's option \`cookies\`, or ${useTokens}.`,
  otherSiteForm: `${ofAnotherSite} Sign in with a call (createClient) instead of a form, or serve both from one site.`,
} as const;

type Cause = keyof typeof causes;

/** Refuses sign-ins that would look like a success although the browser drops their cookies. */
export interface KeptSignInCheck {
  /**
   * Does nothing for calls that need no cookies, and for tokens in the body.
   * @throws ReasonedError COOKIES_DROPPED when the browser is certain to drop the cookies of the reply
   */
  check(request: SignInRequest): void;
}

const CONFIRM_DEVICE = "auth.confirmDevice";
/** Calls that achieve nothing if the browser drops their cookies. */
const needCookies: ReadonlySet<string> = new Set(["auth.signup", "auth.login", CONFIRM_DEVICE]);

const unkeptConfirmation =
  "The browser would not keep the cookie that confirms it. A sign-in from this page is refused for the same reason, with " +
  "the fix in its message.";

/** Creates the check of one app. The log gets each cause once. */
export function createKeptSignInCheck(options: CookieOptions, warnOnce: WarnOnce): KeptSignInCheck {
  return {
    check(request) {
      if (!needCookies.has(request.path) || wantsTokens(request.input)) return;
      const cause = findCause(request, options);
      if (cause === undefined) return;
      warnOnce(`A sign-in was refused. ${causes[cause]}`);
      const message = request.path === CONFIRM_DEVICE ? unkeptConfirmation : causes[cause];
      throw new ReasonedError({ code: "PRECONDITION_FAILED", message, reason: "COOKIES_DROPPED" });
    },
  };
}

function wantsTokens(input: unknown): boolean {
  return typeof input === "object" && input !== null && "tokens" in input && input.tokens === "body";
}

/**
 * Relies only on headers that browsers set: `Origin`, and `Sec-Fetch-`, which they send only to addresses that they trust
 * (https, and this machine). A request without these is not refused, because it may come from a server or an old browser.
 */
function findCause(
  { headers, url, leadsTo }: SignInRequest,
  { sameSite = "lax", partitioned = false }: CookieOptions,
): Cause | undefined {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin") ?? "";
  if (site === null && origin.startsWith("http:") && url.protocol === "http:" && !isLoopback(url)) return "plainHttp";

  // A form navigates to this site, so the browser keeps its cookies, but a page of another site cannot use them.
  if (headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document") {
    const isLost = site === "cross-site" && leadsTo === origin && (sameSite === "lax" || partitioned);
    return isLost ? "otherSiteForm" : undefined;
  }
  // "active": the user has allowed this page the cookies of a third party. Sent only where there is a third party.
  const access = headers.get("sec-fetch-storage-access");
  if (sameSite === "lax") return site === "cross-site" ? "otherSite" : access === null ? undefined : "embedded";
  return partitioned || access === null || access === "active" ? undefined : "thirdParty";
}
