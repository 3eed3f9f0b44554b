/** A change of sign-in: by a call, in another tab, or because the session ended. */
export type SignInChange = "signedIn" | "signedOut";

/** A change of sign-in, or the user that a tab's first response named. */
type Message = SignInChange | { readonly user: string };

export interface OtherTabs {
  send(message: Message): void;
  open(): void;
  close(): void;
}

export interface OtherTabsOptions {
  readonly onChange: (change: SignInChange) => void;
  readonly onUser: (user: string) => void;
}

/**
 * Connects to the other tabs of this browser that use the same server. They share the cookies, so a sign-in or sign-out in
 * one tab applies to all. Returns `undefined` outside a browser, where no cookies are shared.
 */
export function joinOtherTabs(url: string, { onChange, onUser }: OtherTabsOptions): OtherTabs | undefined {
  if (!globalThis.window || !globalThis.BroadcastChannel) return undefined;
  let channel: BroadcastChannel | undefined;
  const tabs: OtherTabs = {
    send: (message) => channel?.postMessage(message),
    open() {
      channel ??= new BroadcastChannel(`trpc-userdo:${new URL(url, globalThis.document?.baseURI)}`);
      channel.onmessage = ({ data }: MessageEvent<Message | undefined>) => {
        if (data === "signedIn" || data === "signedOut") onChange(data);
        else if (data?.user) onUser(data.user);
      };
    },
    close() {
      channel?.close();
      channel = undefined;
    },
  };
  tabs.open();
  return tabs;
}
