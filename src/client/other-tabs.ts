/** What happened to who is signed in: by a call, in another tab, or because the session was ended elsewhere. */
export type SignInChange = "signedIn" | "signedOut";

/** A change of sign-in, or the user that a tab's first reply named. */
type Message = SignInChange | { readonly user: string };

export interface OtherTabs {
  tell(message: Message): void;
  open(): void;
  close(): void;
}

export interface OtherTabsOptions {
  readonly onChange: (change: SignInChange) => void;
  readonly onUser: (user: string) => void;
}

/**
 * The other tabs of this browser that talk to the same server: they have the same cookies, so whoever signs in or
 * out in one does so in all. `undefined` outside of a browser, where no cookies are shared.
 */
export function joinOtherTabs(url: string, { onChange, onUser }: OtherTabsOptions): OtherTabs | undefined {
  if (!globalThis.window || !globalThis.BroadcastChannel) return undefined;
  let channel: BroadcastChannel | undefined;
  const tabs: OtherTabs = {
    tell: (message) => channel?.postMessage(message),
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
