// Other libraries with RPC over HTTP to a Durable Object, on the same rows. The Agents SDK calls methods over sockets only.
import { requestBytes } from "../runner/http-connection.mjs";

/**
 * How one contender asks for the posts, and how to read its replies.
 *
 * @typedef {object} Dialect
 * @property {(id: string) => Buffer} row the request for one post
 * @property {() => Buffer} list the request for all posts
 * @property {(ids: readonly string[]) => Buffer} batch one request with a call for each post
 * @property {(body: string, isBatch: boolean) => unknown} outputOf the posts as JSON values
 */

/** @param {Record<string, string>} headers @returns {Dialect} */
export function speakBare(headers) {
  const get = (url) => requestBytes("GET", url, headers);
  return {
    row: (id) => get(`/byId/${id}`),
    list: () => get("/list"),
    batch: (ids) => get(`/byIds/${ids.join()}`),
    outputOf: (body) => JSON.parse(body),
  };
}

/** @param {Record<string, string>} headers @returns {Dialect} */
export function speakTrpc(headers) {
  const get = (url) => requestBytes("GET", url, headers);
  const outputOf = (reply) => (Array.isArray(reply) ? reply.map(outputOf) : reply.result.data.json);
  return {
    row: (id) => get(`/trpc/posts.byId?input=${encode({ json: { id } })}`),
    list: () => get("/trpc/posts.list"),
    batch(ids) {
      const inputs = Object.fromEntries(ids.map((id, index) => [index, { json: { id } }]));
      return get(`/trpc/${ids.map(() => "posts.byId").join(",")}?batch=1&input=${encode(inputs)}`);
    },
    outputOf: (body) => outputOf(JSON.parse(body)),
  };
}

/** @param {Record<string, string>} headers @returns {Dialect} */
export function speakOrpc(headers) {
  const json = { ...headers, "Content-Type": "application/json" };
  const post = (url, body, more = {}) => requestBytes("POST", url, { ...json, ...more }, JSON.stringify(body));
  return {
    row: (id) => post("/rpc/byId", { json: { id } }),
    list: () => post("/rpc/list", {}),
    batch(ids) {
      const calls = ids.map((id) => ({ url: "http://localhost/rpc/byId", body: { json: { id } } }));
      return post("/rpc/__batch__", calls, { "x-orpc-batch": "buffered" });
    },
    outputOf(body, isBatch) {
      const reply = JSON.parse(body);
      if (!isBatch) return reply.json;
      return reply.toSorted((one, other) => one.index - other.index).map((each) => each.body.json);
    },
  };
}

/** @param {Record<string, string>} headers @returns {Dialect} */
export function speakCapnweb(headers) {
  const post = (calls) => {
    const pushes = calls.map((call) => ["push", ["pipeline", 0, ...call]]);
    const pulls = calls.map((_, index) => ["pull", index + 1]);
    const lines = [...pushes, ...pulls].map((message) => JSON.stringify(message));
    return requestBytes("POST", "/", headers, lines.join("\n"));
  };
  return {
    row: (id) => post([[["byId"], [{ id }]]]),
    list: () => post([[["list"], []]]),
    batch: (ids) => post(ids.map((id) => [["byId"], [{ id }]])),
    outputOf(body, isBatch) {
      const results = new Map();
      for (const line of body.split("\n")) {
        const [type, id, value] = JSON.parse(line);
        if (type !== "resolve") throw new Error(`Cap'n Web answered with ${line}`);
        results.set(id, decode(value));
      }
      return isBatch ? Array.from(results, ([, value]) => value) : results.get(1);
    },
  };
}

/** Cap'n Web's values: an array is wrapped in an array, and a date is tagged. */
function decode(value) {
  if (!Array.isArray(value)) {
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decode(each)]));
  }
  if (Array.isArray(value[0])) return value[0].map(decode);
  if (value[0] === "date") return new Date(value[1]).toJSON();
  throw new Error(`An unknown value of Cap'n Web: ${JSON.stringify(value)}`);
}

function encode(value) {
  return encodeURIComponent(JSON.stringify(value));
}
