import { z } from "zod";
import { inputReasonOf } from "../input-issue.js";
import { ReasonedError } from "../reasoned-error.js";
import { addressedInput } from "./credentials.js";

/**
 * Reads the address in the input of a call by email address. If it is not valid, also checks the rest of the input, so that a
 * form shows the problems of all its fields at once.
 *
 * @param schemas the procedure's own input schemas
 * @returns the canonical address
 * @throws ReasonedError BAD_REQUEST (EMAIL_INVALID, or the reason of a rejected password), with the ZodError as its cause
 */
export async function readAddress(input: unknown, schemas: readonly unknown[] = []): Promise<string> {
  const { success, data, error } = addressedInput.safeParse(input);
  if (success) return data.email;
  const checks = schemas.filter((schema) => schema instanceof z.ZodType).map((schema) => schema.safeParseAsync(input));
  for (const whole of await Promise.all(checks)) {
    if (whole.error && whole.error.issues.length > error.issues.length)
      throw badRequest(whole.error.message, whole.error);
  }
  throw badRequest("Enter a valid email address.", error);
}

function badRequest(message: string, cause: z.ZodError): ReasonedError {
  return new ReasonedError({ code: "BAD_REQUEST", reason: inputReasonOf(cause) ?? "EMAIL_INVALID", message, cause });
}
