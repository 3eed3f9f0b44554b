import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { toLiveQuery } from "./live-request.js";

/** The input of `_live`: which query, and whose object it is asked in. */
export const liveInput = z.object({
  /** The organization whose object runs it; the caller's own without. The query's own input has it as well. */
  organizationId: z.string().optional(),
  path: z.string(),
  input: z.unknown().optional(),
  /** Comes back from a client that resumes. */
  lastEventId: z.string().optional(),
});

/**
 * The carrier of live queries: any query of the app, told anew whenever its result has changed. What it throws is
 * what the query does.
 */
export const liveProcedure = builtinRoot.liveProcedure.input(liveInput).subscription(({ input }) => toLiveQuery(input));
