import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { addressedInput } from "./credentials.js";

/**
 * Reads the address in the input of a call by e-mail address. If it is not valid, checks the rest of the input, too: a form
 * then shows the problems of all its fields at once.
 *
 * @param schemas the procedure's own input schemas
 * @returns the canonical address
 * @throws TRPCError BAD_REQUEST with the ZodError as its cause, for an app's errorFormatter
 */
export async function readAddress(input: unknown, schemas: readonly unknown[] = []): Promise<string> {
  const { success, data, error } = addressedInput.safeParse(input);
  if (success) return data.email;
  const checks = schemas.filter((schema) => schema instanceof z.ZodType).map((schema) => schema.safeParseAsync(input));
  for (const whole of await Promise.all(checks)) {
    if (whole.error && whole.error.issues.length > error.issues.length) {
      throw new TRPCError({ code: "BAD_REQUEST", message: whole.error.message, cause: whole.error });
    }
  }
  const message = "`email` is not an address that can receive mail.";
  throw new TRPCError({ code: "BAD_REQUEST", message, cause: error });
}
