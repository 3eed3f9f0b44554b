import { z } from "zod";
import { limits } from "../../shared/limits.js";
import { builtinRoot } from "../builtin-root.js";
import { requireService } from "../services.js";

const refreshInput = z.strictObject({ refreshToken: z.string().max(limits.tokenLength).optional() }).optional();

/**
 * Exchanges a refresh token for the next tokens of its session. The reply has them in the body if the token came in the body,
 * and as cookies if it came as a cookie. Calls with the same token at the same moment, such as from twenty tabs, all get the
 * same tokens.
 *
 * @throws UNAUTHORIZED if the session has ended, or if the token was exchanged before, which ends the session
 */
export const refresh = builtinRoot.refreshProcedure
  .input(refreshInput)
  .mutation(({ ctx, input }) => requireService(ctx, "refresh")(input?.refreshToken));
