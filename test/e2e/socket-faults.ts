import type { BrowserContext, WebSocketRoute } from "playwright-core";

/** Faults of a network that affect sockets only, while calls over HTTP succeed. */
export function createSocketFaults() {
  const open = new Set<WebSocketRoute>();
  let isBlocked = false;

  const faults = {
    /** The delay of the server's messages, in milliseconds. They stay in order. */
    delay: 0,

    /** Applies the faults to all sockets between a browser's pages and their objects. */
    async applyTo(context: BrowserContext): Promise<void> {
      await context.routeWebSocket(
        ({ pathname }) => pathname === "/trpc",
        (page) => {
          // Accepted, and closed at once.
          if (isBlocked) return void setTimeout(() => void page.close({ code: 4000 }), 10);
          const server = page.connectToServer();
          let lastAt = 0;
          open.add(page);
          server.onMessage((message) => {
            lastAt = Math.max(lastAt, Date.now() + faults.delay);
            setTimeout(() => open.has(page) && page.send(message), lastAt - Date.now());
          });
          page.onClose(() => open.delete(page));
          return undefined;
        },
      );
    },

    /** Closes the sockets, and prevents new ones. */
    block(): void {
      isBlocked = true;
      for (const page of open) void page.close({ code: 4000 });
      open.clear();
    },

    restore(): void {
      isBlocked = false;
    },
  };
  return faults;
}
