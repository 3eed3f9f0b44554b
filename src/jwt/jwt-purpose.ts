import { accessPurpose } from "./access-token.js";
import type { TokenPurpose } from "./check-token.js";

/** The purpose of a token that `trpc-userdo/jwt` signs. */
export type JwtPurpose = "access" | "passwordReset" | "app";

const DAY = 24 * 60 * 60;

/** Each purpose has its own `typ`, so that a token is never accepted for another purpose. */
export const purposes: Readonly<Record<JwtPurpose, TokenPurpose>> = {
  access: accessPurpose,
  passwordReset: { typ: "reset+jwt", maxAge: DAY },
  app: { typ: "JWT", maxAge: 400 * DAY },
};
