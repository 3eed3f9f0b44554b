// The benchmarks, in the order of the page. The first part of a name selects all benchmarks that start with it.

/**
 * @typedef {object} Benchmark
 * @property {string} title the heading of its section in docs/performance.md
 * @property {string} about how to read its tables
 * @property {() => Promise<{ prepare: (stage: import("./runner/run-benchmark.mjs").Stage) => Promise<unknown[]> }>} load
 * @property {number} [rounds] of a full run @default 21
 */

/** @type {Readonly<Record<string, Benchmark>>} */
export const benchmarks = {
  "socket/calls": {
    title: "Calls over one socket",
    about:
      "The baseline is a hibernating socket that echoes. The peers echo a validated input, without users or sessions.",
    load: () => import("./socket/calls.mjs"),
  },
  http: {
    title: "Queries over HTTP",
    about:
      "The baseline is a Worker that gets the same JSON from a Durable Object by RPC. The peers read the same rows with " +
      "hand-written SQL, without users or sessions. The Agents SDK calls methods over sockets only.",
    load: () => import("./http/benchmark.mjs"),
  },
  idempotency: {
    title: "Idempotency keys",
    about: "The baseline is the same mutation without a key, on the same server, in turns.",
    load: () => import("./idempotency/benchmark.mjs"),
  },
  permissions: {
    title: "Permissions in the app",
    about: "The baseline is the same query without a permission, on the same server, in turns.",
    load: () => import("./permissions/benchmark.mjs"),
  },
  "socket/wakes": {
    title: "Calls that wake an object",
    about: "The baseline is a hibernated echo with the same tables that reads one row.",
    load: () => import("./socket/wakes.mjs"),
  },
  "live/wakes": {
    title: "Writes that wake an object with live queries",
    about: "The write affects none of the live queries. The baseline is the same write without any.",
    load: () => import("./live/wakes.mjs"),
  },
  "live/writes": {
    title: "Writes beside unrelated live queries",
    about: "The write affects none of the live queries. The baseline is the same write without any.",
    load: () => import("./live/writes.mjs"),
  },
  "live/deltas": {
    title: "One changed row in a live list",
    about:
      "The baseline is the same object, which sends the whole list to tRPC's own client. This package's client reads deltas.",
    load: () => import("./live/deltas.mjs"),
  },
  "live/sockets": {
    title: "One live result to many sockets",
    about: "The baseline inserts one row, then calls `socket.send` in a loop.",
    load: () => import("./live/sockets.mjs"),
  },
  "socket/events": {
    title: "One event to many sockets",
    about: "The baseline inserts one row, then calls `socket.send` in a loop.",
    load: () => import("./socket/events.mjs"),
  },
  tables: {
    title: "Tables, inside the object",
    about: "The baseline is hand-written SQL for the same table and change log.",
    load: () => import("./tables/benchmark.mjs"),
  },
  units: {
    title: "Billed units",
    about:
      "Cloudflare bills the requests to Durable Objects, and the rows that they read and write. 20 messages of a socket " +
      "count as one request, and an alarm that is set counts as one written row. The columns by hand are the least that a " +
      "Durable Object for each user needs: a session's row for each call, a row in a log for each write. They have no " +
      "limits, no audit log and no mail.",
    load: () => import("./units/benchmark.mjs"),
  },
  startup: {
    title: "Script size and start-up",
    about:
      "The start-up is the CPU time of a new workerd process until it accepts requests, the median of 15. The column at " +
      "the right subtracts the runtime's own. Wrangler bundles without minifying by default.",
    load: () => import("./startup/benchmark.mjs"),
  },
  types: {
    title: "Type check, and the browser client",
    about:
      "The type check is that of a router with 500 procedures and a client that calls 100 of them. The sizes are those of " +
      "the code that a page loads first, minified, after gzip. Plain tRPC is its client with the links that the package " +
      "replaces, and superjson.",
    rounds: 7,
    load: () => import("./types/benchmark.mjs"),
  },
  "memory/idle": {
    title: "Memory of idle objects and sockets",
    about:
      "The growth of the process for each object or socket, after its garbage was collected. A bare object has one table " +
      "with one row. The memory of those asleep is the difference that they make when as many others wake up.",
    load: () => import("./memory/idle.mjs"),
  },
  memory: {
    title: "Memory under load",
    about:
      "The growth of the process with the most expensive work that clients can give to one object, beside a bare object " +
      "that sends or takes as many bytes. The target is that growth, the budget of 32 MiB, and 64 MiB for garbage.",
    load: () => import("./memory/growth.mjs"),
  },
  "live/shares": {
    title: "Work of one member, by size",
    about: "When the size doubles, the CPU time should about double.",
    load: () => import("./live/shares.mjs"),
  },
  "live/turns": {
    title: "Calls of a quiet member",
    about: "Another member sends 10,000 messages meanwhile. The baseline is the same calls without other work.",
    load: () => import("./live/turns.mjs"),
  },
  "accounts/times": {
    title: "Response times of accounts and of unknown addresses",
    about: "The nearer to 1, the less the time reveals.",
    rounds: 7,
    load: () => import("./accounts/times.mjs"),
  },
  "accounts/guesses": {
    title: "Passwords that an attacker can try in a day",
    about: "The last strategy is the best possible plan, computed with the throttle's own functions.",
    load: () => import("./accounts/guesses.mjs"),
  },
  "accounts/storage": {
    title: "Storage that wrong passwords leave",
    about: "One wrong password for each made-up address.",
    load: () => import("./accounts/storage.mjs"),
  },
  "accounts/suspension": {
    title: "Suspending a user with many sockets",
    about:
      "Another Worker writes all the time, and each write is an event on each socket. The clients send calls until they " +
      "notice that their sockets are closed.",
    load: () => import("./accounts/suspension.mjs"),
  },
  "accounts/flood": {
    title: "Queries during a flood of sign-ins",
    about: "All objects share one thread, which is the worst case: a hash takes a fifth of a second.",
    rounds: 7,
    load: () => import("./accounts/flood.mjs"),
  },
  "realtime/events": {
    title: "Events to many sockets",
    about:
      "The baseline inserts one row, then calls `socket.send` in a loop. A stored event is a row of the change log; a " +
      "transient one is not stored.",
    load: () => import("./realtime/events.mjs"),
  },
  "realtime/presence": {
    title: "Presence of many people",
    about:
      "Each person is a user with a socket of the app. The changes are merged, so a watcher receives at most four messages " +
      "a second.",
    load: () => import("./realtime/presence.mjs"),
  },
  "realtime/schedules": {
    title: "Schedules of one object",
    about: "Each run is a mutation that inserts a row. The time to run them includes setting them again.",
    load: () => import("./realtime/schedules.mjs"),
  },
  directory: {
    title: "The directory of an app with many users",
    about:
      "One shard, with addresses and names. The reports arrive in batches of 500. The times of calls include the request " +
      "to the Worker and those to two objects.",
    load: () => import("./directory/benchmark.mjs"),
  },
};
