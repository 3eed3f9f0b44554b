// A browser that only stores cookies.
import { samePage } from "../app/start-app.mjs";
import { requestBytes } from "../runner/http-connection.mjs";

/** @param {ReturnType<typeof import("../runner/http-connection.mjs").createHttpConnection>} connection */
export function createBrowser(connection) {
  const cookies = new Map();
  return {
    /** @param {Iterable<string>} names all other cookies are lost, as when they are stolen one by one */
    keepOnly(names) {
      const remaining = new Set(names);
      for (const name of cookies.keys()) if (!remaining.has(name)) cookies.delete(name);
    },
    cookies,
    /**
     * @param {string} path
     * @param {unknown} input
     */
    async call(path, input) {
      const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
      const headers = { ...samePage, "Content-Type": "application/json", ...(cookie !== "" && { Cookie: cookie }) };
      const answer = await connection.send(
        requestBytes("POST", `/trpc/${path}`, headers, JSON.stringify({ json: input })),
      );
      for (const [, name, value, rest] of answer.head.matchAll(/^set-cookie: ([^=]+)=([^;\r]*)([^\r]*)/gim)) {
        if (/max-age=0/i.test(rest)) cookies.delete(name);
        else cookies.set(name, value);
      }
      return answer;
    },
  };
}
