import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { createLiveQueryResult } from "./live-request.js";

/** The input of `_live`: the query, and the object that runs it. */
export const liveInput = z.object({
  /** The organization whose object runs the query; without it, the caller's own. Copied from the query's input for routing. */
  organizationId: z.string().optional(),
  path: z.string(),
  input: z.unknown().optional(),
  /** A client that resumes sends the id of its last event. */
  lastEventId: z.string().optional(),
});

/** Subscribes to any query of the app, and sends its result whenever it changes. Throws the errors of the query. */
export const liveProcedure = builtinRoot.liveProcedure
  .input(liveInput)
  .subscription(({ input }) => createLiveQueryResult(input));
