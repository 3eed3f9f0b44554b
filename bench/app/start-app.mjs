// Starts the app on trpc-userdo, with a signed-in user.
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";

export const vars = {
  JWT_SECRET: "d2Zq0vYk7sN4xJtB1mRuE9cLhWgPaXo6ViK3TfQyS8w",
  INDEX_SECRET: "Hn5bUeC8rGzM0kDpWj2LxAq7sYtF4vR1oEiX9gKcQ3N",
};

/** The headers that a browser sends for a page of the app itself. */
export const samePage = { Origin: "http://localhost", "Sec-Fetch-Site": "same-origin" };

/**
 * @typedef {object} App
 * @property {import("../runner/workerd.mjs").Server} server
 * @property {Record<string, string>} headers of a signed-in browser
 * @property {string} userId
 * @property {() => Promise<Record<string, string>>} signIn returns the headers of another browser of the same user
 * @property {() => Promise<void>} sleep evicts the user's object
 * @property {(email: string) => Promise<Pick<App, "headers" | "userId" | "query" | "mutate">>} signUp creates another user
 * @property {(path: string, input: unknown, key?: string) => Promise<any>} mutate with an idempotency key, or without one
 * @property {(path: string, input?: unknown) => Promise<any>} query
 */

/**
 * @param {import("../runner/run-benchmark.mjs").Stage} stage
 * @param {Partial<Parameters<import("../runner/run-benchmark.mjs").Stage["start"]>[0]>} [options] for example a Worker instead of
 *   the app's; its class is BlogDO too
 * @returns {Promise<App>}
 */
export async function startApp(stage, { worker = new URL("worker.ts", import.meta.url), ...options } = {}) {
  const server = await stage.start({
    name: "trpc-userdo",
    worker,
    objects: { BLOG_DO: "BlogDO" },
    vars,
    ...options,
  });
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);

  const send = async (method, path, headers, input) => {
    const body = input === undefined ? "" : JSON.stringify({ json: input });
    const response = await connection.send(requestBytes(method, `/trpc/${path}`, headers, body));
    if (response.status === 200) return response;
    throw new Error(`${path} was answered with ${response.status}: ${response.body}`);
  };
  const inputQuery = (input) =>
    input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify({ json: input }))}`;
  const outputOf = ({ body }) => JSON.parse(body).result.data.json;

  const json = { ...samePage, "Content-Type": "application/json" };
  const credentials = { email: "ada@example.com", password: "correct horse battery staple" };
  const headersOf = ({ head }) => {
    const cookies = Array.from(head.matchAll(/^set-cookie: ([^;\r]+)/gim), ([, cookie]) => cookie);
    return { ...samePage, Cookie: cookies.join("; ") };
  };
  const signUp = async (given) => {
    const signedUp = await send("POST", "auth.signup", json, given);
    const headers = headersOf(signedUp);
    return {
      headers,
      userId: outputOf(signedUp).user.id,
      query: async (path, input) => outputOf(await send("GET", `${path}${inputQuery(input)}`, headers)),
      mutate: async (path, input, key) => {
        const all = { ...json, ...headers, ...(key !== undefined && { "Idempotency-Key": key }) };
        return outputOf(await send("POST", path, all, input));
      },
    };
  };
  const person = await signUp(credentials);

  return {
    ...person,
    server,
    signUp: (email) => signUp({ ...credentials, email }),
    signIn: async () => headersOf(await send("POST", "auth.login", json, credentials)),
    sleep: () => server.evict("BLOG_DO", `user:${person.userId}`),
  };
}
