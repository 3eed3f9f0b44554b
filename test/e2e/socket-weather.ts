import type { BrowserContext, WebSocketRoute } from "playwright-core";

/** Faults of a network that affect sockets only, while calls over HTTP succeed. */
export function createWeather() {
  const open = new Set<WebSocketRoute>();
  let isAway = false;

  const weather = {
    /** The delay of the server's messages, in milliseconds. They stay in order. */
    delay: 0,

    /** Applies the faults to all sockets between a browser's pages and their objects. */
    async over(context: BrowserContext): Promise<void> {
      await context.routeWebSocket(
        ({ pathname }) => pathname === "/trpc",
        (page) => {
          // Accepted, and closed at once.
          if (isAway) return void setTimeout(() => void page.close({ code: 4000 }), 10);
          const server = page.connectToServer();
          let lastAt = 0;
          open.add(page);
          server.onMessage((message) => {
            lastAt = Math.max(lastAt, Date.now() + weather.delay);
            setTimeout(() => open.has(page) && page.send(message), lastAt - Date.now());
          });
          page.onClose(() => open.delete(page));
          return undefined;
        },
      );
    },

    /** Closes the sockets, and prevents new ones. */
    away(): void {
      isAway = true;
      for (const page of open) void page.close({ code: 4000 });
      open.clear();
    },

    back(): void {
      isAway = false;
    },
  };
  return weather;
}
