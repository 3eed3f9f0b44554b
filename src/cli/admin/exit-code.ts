import { TRPCClientError } from "@trpc/client";
import { errorReason } from "../../client/index.js";
import { UsageError } from "../usage-error.js";
import { CommandFailure } from "./command-failure.js";
import { printable } from "./format.js";

export const exitCodes = { done: 0, failed: 1, wrongUsage: 2, denied: 3 } as const;

export interface Failure {
  readonly exitCode: number;
  readonly message: string;
}

const SIGN_IN = "Sign in with: npx trpc-userdo admin login";

/**
 * The message about an error, and the exit code.
 *
 * @throws the error itself if it is a bug of this program, so that its stack is printed
 */
export function failureOf(error: unknown, url: URL | undefined): Failure {
  if (error instanceof UsageError) return { exitCode: exitCodes.wrongUsage, message: error.message };
  if (error instanceof CommandFailure) return { exitCode: exitCodes.failed, message: error.message };
  if (!(error instanceof TRPCClientError)) throw error;
  const message = printable(error.message);
  const reason = errorReason(error);
  const code: unknown = (error.data as { readonly code?: unknown } | null | undefined)?.code;
  // Errors of the built-in procedures have a reason.
  if (code === "NOT_FOUND" && (reason === undefined || reason === "PROCEDURE_NOT_FOUND")) {
    return { exitCode: exitCodes.failed, message: `${message}. Does the app's router include ...t.builtin?` };
  }
  if (!error.data) {
    return {
      exitCode: exitCodes.failed,
      message: `${message}\nThe URL is ${url?.href}. Is the app running there? Pass another URL with --url.`,
    };
  }
  if (code === "FORBIDDEN") return { exitCode: exitCodes.denied, message };
  if (code === "UNAUTHORIZED") {
    const isWrong = reason === "WRONG_CREDENTIALS";
    return { exitCode: exitCodes.denied, message: isWrong ? message : `${message}\n${SIGN_IN}` };
  }
  return { exitCode: exitCodes.failed, message };
}
