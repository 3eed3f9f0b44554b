import { accessPurpose } from "./access-token.js";
import type { TokenPurpose } from "./check-token.js";

/** What a token made with these utilities is for. */
export type JwtPurpose = "access" | "passwordReset" | "app";

const DAY = 24 * 60 * 60;

/** By its `typ`, each purpose is a token of its own: one never passes for another. */
export const purposes: Readonly<Record<JwtPurpose, TokenPurpose>> = {
  access: accessPurpose,
  passwordReset: { typ: "reset+jwt", maxAge: DAY },
  app: { typ: "JWT", maxAge: 400 * DAY },
};
