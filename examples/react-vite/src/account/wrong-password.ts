import { describeField, type AppError } from "../describe-error.ts";

/** What to say beside the field of the password that was asked for again. */
export function describePassword(error: AppError | null, field: string): string | undefined {
  return describeField(error, field) ?? (isWrongPassword(error) ? error?.message : undefined);
}

/** Whether a call was refused for the password in it. Being signed out altogether leads away from the page. */
export function isWrongPassword(error: AppError | null): boolean {
  return error?.data?.code === "UNAUTHORIZED";
}
