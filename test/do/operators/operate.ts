import { env } from "cloudflare:workers";
import { errorReason } from "../../../src/shared/error-reason.js";
import type { SingleRequestAction } from "../../../src/shared/operator.js";
import { randomId } from "../../../src/shared/random-id.js";
import { sendInternal } from "../../../src/shared/send-internal.js";

type Binding = "BLOG_DO" | "LIVE_DO" | "STREAMS_DO";

const stubOf = (userId: string, binding: Binding) => env[binding].getByName(`user:${userId}`);

/** Sends an operator's action to a user's object, as the object of the app does. */
export function operate(
  { id }: { readonly id: string },
  action: SingleRequestAction,
  { operationId = randomId(), binding = "BLOG_DO" as Binding } = {},
) {
  return sendInternal(stubOf(id, binding), { op: "operate", operationId, action });
}

export const suspend = (user: { readonly id: string }, until: number | null = null, binding?: Binding) =>
  operate(user, { type: "suspend", reason: "spam", until }, binding && { binding });

export const unsuspend = (user: { readonly id: string }) => operate(user, { type: "unsuspend" });

export const describeUser = ({ id }: { readonly id: string }, binding: Binding = "BLOG_DO") =>
  sendInternal(stubOf(id, binding), { op: "describeUser" });

/** The code and the reason of an error, or `"none"`. */
export async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return "none";
  } catch (error) {
    const { data, code } = error as { data?: { code?: unknown }; code?: unknown };
    return `${String(data?.code ?? code)} ${String(errorReason(error))}`;
  }
}

export const SUSPENDED = "FORBIDDEN ACCOUNT_SUSPENDED";
