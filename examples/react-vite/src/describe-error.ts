import type { TRPCClientErrorLike } from "@trpc/client";
import { errorReason } from "trpc-userdo/client";
import type { AppRouter } from "../worker/router.ts";
import type { FieldProblem } from "../worker/trpc.ts";
import { emptyFields, generalSentences, sentences } from "./error-sentences.ts";

export type AppError = TRPCClientErrorLike<AppRouter>;

/** An error of a call, or any other one, such as that of a query without a server. */
type AnyError = Pick<AppError, "message"> & { readonly data?: AppError["data"] };

/** A sentence for the user, chosen by the error's reason. `undefined` if the fields of the form show the error. */
export function describeError(error: AnyError | null): string | undefined {
  if (!error) return undefined;
  // Without data, no server has answered: the browser's own words would be "Failed to fetch".
  if (!error.data) return "The server cannot be reached. Is the network up?";
  if (Object.keys(fieldsOf(error)).length > 0) return undefined;
  const { code, retryAfter } = error.data;
  const sentence = describeReason(errorReason(error), code);
  return retryAfter === undefined ? sentence : `${sentence} You can try again in ${inWords(retryAfter)}.`;
}

/** The sentence for one field of the form that was sent. */
export function describeField(error: AnyError | null, field: string): string | undefined {
  const problem = error ? fieldsOf(error)[field] : undefined;
  if (!problem) return undefined;
  const { reason, limit } = problem;
  if (reason === "too_big" && limit !== undefined) return `Use at most ${limit} characters.`;
  return (reason === "too_small" && emptyFields[field]) || (sentences[reason] ?? "Check this field.");
}

/** The sentence for a reason, or a general one: a newer server may send reasons that this page does not know. */
export function describeReason(reason: ReturnType<typeof errorReason>, code: string): string {
  const sentence = reason && sentences[reason];
  return sentence ?? generalSentences[code] ?? "Something went wrong. Try again later.";
}

/** The fields that the server's `errorFormatter` added. An error that the client created itself has none. */
function fieldsOf({ data }: AnyError): Readonly<Record<string, FieldProblem | undefined>> {
  return (data as Partial<NonNullable<AppError["data"]>> | null | undefined)?.fields ?? {};
}

function inWords(seconds: number): string {
  if (seconds < 120) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  return seconds < 7_200 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3_600)} hours`;
}
