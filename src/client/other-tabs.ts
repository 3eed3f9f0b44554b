import type { SignInChange } from "./sign-in-events.js";

export interface OtherTabs {
  tell(change: SignInChange): void;
}

/**
 * The other tabs of this browser that talk to the same server: they have the same cookies, so whoever signs in or
 * out in one does so in all. `undefined` outside of a browser, where no cookies are shared.
 */
export function joinOtherTabs(url: string, onChange: (change: SignInChange) => void): OtherTabs | undefined {
  if (typeof window === "undefined" || typeof BroadcastChannel === "undefined") return undefined;
  const channel = new BroadcastChannel(`trpc-userdo:${new URL(url, globalThis.location?.href).href}`);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === "signedIn" || data === "signedOut") onChange(data);
  };
  return { tell: (change) => channel.postMessage(change) };
}
