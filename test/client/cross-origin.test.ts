import { WebSocket as NodeWebSocket } from "ws";
import { describe, expect, it } from "vitest";
import { createClient } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";
import { app } from "../fixtures/served-app.js";

const password = "correct horse battery";

/** A page of another origin than the app's, and what a browser sends and hides from it. */
function openPage(page: string, credentials?: RequestCredentials) {
  const cookies = new Map<string, string>();
  const cookie = () => Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");

  async function sendRequest(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("origin", page);
    headers.set("sec-fetch-site", "same-site");
    const response = await fetch(url, { ...init, headers });
    const readable = response.headers.get("access-control-allow-origin") === page;
    const credentialed = response.headers.get("access-control-allow-credentials") === "true";
    if (!readable || (init.credentials === "include" && !credentialed)) throw new TypeError("Blocked by CORS.");
    return response;
  }

  const client = createClient<AppRouter>({
    url: `${app.origin}/trpc`,
    ...(credentials && { credentials }),
    async fetch(url, init) {
      const { credentials: mode, method = "GET", headers, body } = init as RequestInit;
      const headerNames = [...new Headers(headers).keys()].join();
      const preflight = { "access-control-request-method": method, "access-control-request-headers": headerNames };
      await sendRequest(String(url), { method: "OPTIONS", headers: preflight });
      const sent = new Headers(headers);
      if (mode === "include" && cookies.size > 0) sent.set("cookie", cookie());
      const response = await sendRequest(String(url), {
        method,
        headers: sent,
        body: body ?? null,
        ...(mode && { credentials: mode }),
      });
      for (const line of mode === "include" ? response.headers.getSetCookie() : []) {
        const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
        if (line.includes("Max-Age=0")) cookies.delete(name);
        else cookies.set(name, value);
      }
      return response;
    },
    // A browser sends a site's cookies with a socket, whichever page opens the socket.
    WebSocket: class extends NodeWebSocket {
      constructor(url: string) {
        super(url, { headers: { origin: page, cookie: cookie() } });
      }
    },
  });
  return { client, cookies };
}

describe("a page of app.example.com whose API is on another origin", () => {
  it("signs up, calls and listens with the API's cookies", async () => {
    const { client, cookies } = openPage("https://app.example.com", "include");
    const email = `${crypto.randomUUID()}@example.com`;
    const { user, session } = await client.auth.signup.mutate({ email, password });
    const record = `userdo-session-${session.id}-0`;
    expect([...cookies.keys()]).toEqual(["userdo-access", "userdo-refresh", "userdo-device", record]);
    expect((await client.auth.me.query()).user.id).toBe(user.id);
    const title = await new Promise<string>((resolve, reject) => {
      const subscription = client.posts.changes.subscribe(undefined, {
        onStarted: () => void client.posts.create.mutate({ title: "Across", body: "" }).catch(reject),
        onError: reject,
        onData({ data }) {
          subscription.unsubscribe();
          resolve(data.type === "create" ? data.data.title : data.type);
        },
      });
    });
    expect(title).toBe("Across");
    await client.auth.logout.mutate();
    // The device cookie of the sign-in remains; every cookie of the session is deleted.
    expect([...cookies.keys()]).toEqual(["userdo-device"]);
  });

  it("stores no cookie unless the client sends credentials", async () => {
    const { client, cookies } = openPage("https://app.example.com");
    await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password });
    expect(cookies.size).toBe(0);
    await expect(client.auth.me.query()).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
  });

  it("gets no response and no socket if the app does not allow the page's origin", async () => {
    const { client } = openPage("https://other.example.com", "include");
    await expect(client.ping.query()).rejects.toThrow("could not be reached");
    const socket = new NodeWebSocket(`${app.origin.replace("http", "ws")}/trpc`, {
      headers: { origin: "https://other.example.com" },
    });
    const status = await new Promise((resolve) => {
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.on("error", resolve);
    });
    expect(status).toBe(403);
  });
});
