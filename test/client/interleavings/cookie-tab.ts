import { createClient, type SignInChange } from "trpc-userdo/client";
import type { AppRouter } from "../../fixtures/app/router.js";

export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** The cookies of a browser, which its tabs share. */
export interface CookieBrowser {
  readonly origin: string;
  readonly cookies: Map<string, string>;
  readonly send: Send;
}

/** A request that the browser has not sent yet, or one without a reply that has arrived. */
export interface PendingRequest {
  /** Sends it with the cookies that the browser has now. */
  send(): Promise<void>;
  /** Delivers the reply, with its cookies, to the browser and to the page. Sends the request first if necessary. */
  arrive(): Promise<void>;
  /** Loses the connection. The server has handled the request if it was sent. */
  lose(): void;
}

/** Sends a request like a page of the browser. Returns the reply, and the function that stores its cookies. */
export async function sendAsPage({ origin, cookies, send }: CookieBrowser, url: string, init: RequestInit) {
  const headers = new Headers(init.headers);
  headers.set("origin", origin);
  headers.set("sec-fetch-site", "same-origin");
  const sent = Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
  if (sent) headers.set("cookie", sent);
  const response = await send(url, { ...init, headers });
  const storeCookies = (): void => response.headers.getSetCookie().forEach((line) => storeCookie(cookies, line));
  return { response, storeCookies };
}

function storeCookie(cookies: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split("; ");
  const [name = "", value = ""] = pair.split("=");
  if (attributes.includes("Max-Age=0")) cookies.delete(name);
  else cookies.set(name, value);
}

/** Submits one of the forms that need no JavaScript. Its reply redirects to another page, and no client is notified. */
export async function submitForm(browser: CookieBrowser, form: string, fields: Record<string, string>): Promise<void> {
  const { storeCookies } = await sendAsPage(browser, `${browser.origin}/trpc/form/${form}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
    redirect: "manual",
  });
  storeCookies();
}

/** A tab with this package's client. Requests and replies wait until the test releases them. */
export function openCookieTab(browser: CookieBrowser, onChange: (change: SignInChange, userId?: string) => void) {
  const pending: PendingRequest[] = [];

  function fetch(url: string, { signal, ...init }: RequestInit): Promise<Response> {
    return new Promise((resolve, reject) => {
      let reply: ReturnType<typeof sendAsPage> | undefined;
      const end = (): void => void (pending.includes(request) && pending.splice(pending.indexOf(request), 1));
      const request: PendingRequest = {
        send: async () => void (await (reply ??= sendAsPage(browser, url, init))),
        async arrive() {
          const { response, storeCookies } = await (reply ??= sendAsPage(browser, url, init));
          end();
          storeCookies();
          resolve(response);
        },
        lose() {
          end();
          reject(new TypeError("fetch failed"));
        },
      };
      // A request that was aborted before is not sent. The reply to one that was sent may still set cookies.
      const abort = (): void => {
        if (!reply) end();
        reject(new DOMException("Aborted", "AbortError"));
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort);
      pending.push(request);
    });
  }

  const client = createClient<AppRouter>({
    url: `${browser.origin}/trpc`,
    onSignInChange: (change, user) => onChange(change, user?.id),
    fetch: (input, init) => fetch(String(input), (init ?? {}) as RequestInit),
  });
  return { client, pending };
}
