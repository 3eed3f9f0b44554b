import { z } from "zod";
import { limits } from "../../shared/limits.js";
import { builtinRoot } from "../builtin-root.js";
import { misplaced } from "./misplaced.js";
import { servicesOf } from "../services.js";

const refreshInput = z.strictObject({ refreshToken: z.string().max(limits.tokenLength).optional() }).optional();

/**
 * Exchanges a refresh token for the next tokens of its session: one in the body is answered in the body, a browser's
 * cookie by cookies. Called with the same token at the same moment, by twenty tabs, it gives all the same.
 *
 * @throws UNAUTHORIZED when the session is over, or the token was exchanged before, which ends the session
 */
export const refresh = builtinRoot.refreshProcedure
  .input(refreshInput)
  .mutation(({ ctx, input }) => (servicesOf(ctx)?.refresh ?? misplaced())(input?.refreshToken));
