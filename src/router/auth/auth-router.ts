import { z } from "zod";
import { roomOf, type AccountRoom, type IndexRoom } from "../room.js";
import { builtinRoot } from "../builtin-root.js";
import { emailInput, newPasswordInput, passwordInput, tokensInput } from "./credentials.js";
import { misplaced } from "./misplaced.js";
import { refresh } from "./refresh.js";

const { router, cookieProcedure, emailProcedure, userProcedure } = builtinRoot;

/** The built-in `auth` procedures: an account lives in its user's own object, found through its address's index. */
export const authRouter = router({
  /** Makes an account and signs it in. @throws CONFLICT when the address has one, BAD_REQUEST for a weak password */
  signup: emailProcedure
    .input(z.strictObject({ email: emailInput, password: newPasswordInput, tokens: tokensInput }))
    .mutation(({ ctx, input }) => indexOf(ctx).signup(input)),

  /** Signs in. @throws UNAUTHORIZED, the same for a wrong password and an unknown address */
  login: emailProcedure
    .input(z.strictObject({ email: emailInput, password: passwordInput, tokens: tokensInput }))
    .mutation(({ ctx, input }) => indexOf(ctx).login(input)),

  /** Ends this device's session; others stay. @throws UNAUTHORIZED for nobody */
  logout: cookieProcedure.mutation(({ ctx }) => accountOf(ctx).logout(ctx.caller)),

  /** Who is signed in. @throws UNAUTHORIZED for nobody */
  me: userProcedure.query(({ ctx }) => accountOf(ctx).me(ctx.caller)),

  refresh,
});

function accountOf(ctx: object): AccountRoom {
  return roomOf(ctx)?.account ?? misplaced();
}

function indexOf(ctx: object): IndexRoom {
  return roomOf(ctx)?.index ?? misplaced();
}
