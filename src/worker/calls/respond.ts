import { adapterResponse } from "./adapter-response.js";
import type { Respond } from "./handle-calls.js";
import { plainResponse } from "./plain-response.js";

/** Responds to queries and mutations with one JSON text, and to subscriptions and streams through tRPC's adapter. */
export const respond: Respond = (prepared, options) => {
  const [first] = prepared.calls;
  const isSubscription = !options.gated.isBatch && first?.procedure?._def.type === "subscription";
  return prepared.streams || isSubscription ? adapterResponse(prepared, options) : plainResponse(prepared, options);
};
