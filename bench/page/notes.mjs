// Why a target is missed, and the page that has the measurements. The page shows a note only while its target is missed.

/** @type {Readonly<Record<string, { text: string, decision: string }>>} by the name of the benchmark */
export const notes = {
  "socket/calls": {
    text: "The remaining time is spent in tRPC's protocol and in the checks of each message.",
    decision: "socket-adapter.md",
  },
  http: {
    text: "The remaining time is spent in the checks of a request, the token and the session's row.",
    decision: "http-adapter.md",
  },
  memory: {
    text: "V8 collects garbage later than the budget counts it.",
    decision: "memory-budget.md",
  },
};
