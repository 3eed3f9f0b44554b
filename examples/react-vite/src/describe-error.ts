import type { TRPCClientErrorLike } from "@trpc/client";
import type { AppRouter } from "../worker/router.ts";

export type AppError = TRPCClientErrorLike<AppRouter>;

/** What went wrong, in a sentence for people. What belongs to a field of a form is shown there instead. */
export function describeError(error: AppError | null): string | undefined {
  if (!error) return undefined;
  // Without data, no server has answered: the browser's own words would be "Failed to fetch".
  if (!error.data) return "The server cannot be reached. Is the network up?";
  if (Object.keys(fieldsOf(error)).length > 0) return undefined;
  return error.message;
}

/** What the server says about one field of the form that was sent. */
export function describeField(error: AppError | null, field: string): string | undefined {
  return error ? fieldsOf(error)[field] : undefined;
}

/** The fields that the server's `errorFormatter` added. An error that the client created itself has none. */
function fieldsOf({ data }: AppError): Readonly<Record<string, string | undefined>> {
  return (data as Partial<NonNullable<AppError["data"]>> | null | undefined)?.fields ?? {};
}
