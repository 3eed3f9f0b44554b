import type { BrowserContext, WebSocketRoute } from "playwright-core";

/** What a network does to sockets alone, while calls over HTTP go through. */
export function createWeather() {
  const open = new Set<WebSocketRoute>();
  let isAway = false;

  const weather = {
    /** How long the server's words take, in milliseconds. They keep their order. */
    delay: 0,

    /** Lets it come over all sockets to the object of a browser's pages. */
    async over(context: BrowserContext): Promise<void> {
      await context.routeWebSocket(
        ({ pathname }) => pathname === "/trpc",
        (page) => {
          // Taken, and closed at once.
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

    /** Closes the sockets, and lets none open. */
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
