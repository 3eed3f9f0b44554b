// Why a target is missed, and the page that has the measurements. The page shows a note only while its target is missed.

/** @type {Readonly<Record<string, { text: string, decision: string }>>} by the name of the benchmark */
export const notes = {
  "socket/calls": {
    text: "The remaining time is spent in JSON, in the checks of each message and in the procedure. No function stands out.",
    decision: "socket-messages.md",
  },
  idempotency: {
    text: "Nearly all of the difference is the row with the key and the reply, which the transaction of the mutation writes.",
    decision: "idempotency-rows.md",
  },
  http: {
    text: "The remaining time is spent in the checks of a request, the token and the session's row.",
    decision: "http-adapter.md",
  },
  "socket/wakes": {
    text: "The remaining time is spent in the session's row, the creation of the object's services and the message itself.",
    decision: "waking.md",
  },
  "socket/events": {
    text: "About half of the remaining time is spent on pings, which bound the memory of an object. The rest is access checks, the write and garbage collection.",
    decision: "memory-budget.md",
  },
  "live/sockets": {
    text: "The remaining time is spent in the run of the query, its acknowledgement, and two checks of each socket.",
    decision: "memory-budget.md",
  },
  "live/writes": {
    text: "The remaining time is spent in two statements, which read the change log and the changed row once for all queries.",
    decision: "waking.md",
  },
  tables: {
    text: "The remaining time of `create` is spent in zod, the checks of each value and the trigger of the change log.",
    decision: "table-calls.md",
  },
  types: {
    text: "About half of the remaining time is spent on Kysely's declarations, however many procedures there are.",
    decision: "type-check.md",
  },
  memory: {
    text: "V8 collects garbage later than the budget counts it.",
    decision: "memory-budget.md",
  },
};
