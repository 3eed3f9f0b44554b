import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { isBreached, type CheckBreachedPassword } from "./check-breached-password.js";
import { isCommon, isPredictable } from "./weak-passwords.js";
import type { PasswordReason } from "../../../router/input-issue.js";
import { normalizePassword } from "../../../shared/normalize-password.js";

export interface NewPasswordOptions {
  readonly checkBreachedPassword: CheckBreachedPassword | undefined;
  /** The input field of the password, so that a form can show the error beside it. */
  readonly field: string;
}

/**
 * Rejects a password that is easy to guess.
 *
 * @returns whether the service for breached passwords could be asked, if there is one
 * @throws TRPCError BAD_REQUEST with zod's issues as its cause
 */
export async function checkNewPassword(
  password: string,
  { checkBreachedPassword, field }: NewPasswordOptions,
): Promise<"checked" | "not looked up"> {
  const normalized = normalizePassword(password);
  if (isPredictable(normalized)) {
    const message = "This password is a repetition or a sequence, which is easy to guess. Choose another one.";
    throw weakPassword(field, "WEAK_PASSWORD", message);
  }
  if (await isCommon(normalized))
    throw weakPassword(field, "WEAK_PASSWORD", "This password is one of the most common ones. Choose another one.");
  const breached = checkBreachedPassword ? await isBreached(normalized, checkBreachedPassword) : false;
  if (breached === true)
    throw weakPassword(field, "PASSWORD_BREACHED", "This password appeared in a data breach. Choose another one.");
  return breached === "unknown" ? "not looked up" : "checked";
}

function weakPassword(field: string, reason: PasswordReason, message: string): TRPCError {
  // ZodRealError extends Error. tRPC would wrap any other cause.
  const cause = new z.ZodRealError([{ code: "custom", path: [field], message, params: { reason }, input: undefined }]);
  return new TRPCError({ code: "BAD_REQUEST", message, cause });
}
