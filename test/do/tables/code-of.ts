import { TRPCError } from "@trpc/server";

/** The code of the error that a call throws, or `undefined` when it throws none. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    return error.code;
  }
}
