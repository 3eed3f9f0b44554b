import { outcomeOf, outcomeOfCause } from "../../router/call-outcome.js";
import { placementOf } from "../../router/placement.js";
import type { SessionEffect } from "../../shared/call.js";
import { anonymous, type Caller } from "../../shared/caller.js";
import { renew } from "../auth/authenticate.js";
import { setGateHeaders } from "../gate/gate-headers.js";
import { wantsStream } from "../gate/read-calls.js";
import { refusalResponse } from "../gate/refusal-response.js";
import type { Refusal } from "../gate/refusal.js";
import { prepareCalls, type PrepareCallOptions, type PreparedCall } from "./prepare-call.js";
import type { CallReports } from "./report-calls.js";
import { refusalOf } from "./write-replies.js";
import type { SendableCall } from "./group-by-object.js";
import type { SendCallsOptions } from "./send-calls.js";

export interface HandleCallsOptions extends PrepareCallOptions, Omit<SendCallsOptions, "caller" | "signal"> {
  /** The path of the tRPC endpoint. */
  readonly path: string;
  /** Returns the values of `Set-Cookie` for what a call did to the session. */
  readonly writeCookies: (effect: SessionEffect | undefined) => readonly string[] | Promise<string[]>;
  /** Returns the value of `Set-Cookie` that marks the browser as one of a user's. */
  readonly writeDeviceCookie: (deviceToken: string) => string;
}

/** The calls of a request, ready to be sent. */
export interface PreparedRequest {
  readonly calls: readonly PreparedCall[];
  /** The calls that are sent. The others already have a reply, or are refused as by tRPC. */
  readonly sendable: readonly SendableCall[];
  readonly caller: Caller;
  /** The change of the session by the renewal of an expired access token. */
  readonly effect: SessionEffect | undefined;
  /** Whether the client reads each result as soon as it is written. */
  readonly streams: boolean;
  /** Resolves when the response may be sent; `undefined` if at once. */
  readonly minimumTime: Promise<void> | undefined;
}

/** Sends the calls of a request, and creates the response with all of its headers. */
export type Respond = (prepared: PreparedRequest, options: HandleCallsOptions) => Promise<Response>;

/** tRPC's adapter refuses such a batch too, but not as JSON, and without a fix. */
const mixedTypes: Refusal = {
  code: "BAD_REQUEST",
  reason: "BATCH_TYPES_MIXED",
  message: "The batch has queries and mutations. Send them in separate requests.",
};

/** Handles the calls of a request: prepares them, determines their caller, and responds. */
export function handleCalls(options: HandleCallsOptions, respond: Respond): Promise<Response> {
  const { request, gated } = options;
  const streams = gated.isBatch && wantsStream(request.headers);
  const preparing = prepareCalls(options, { streams });
  return preparing instanceof Promise
    ? preparing.then((calls) => handlePrepared(calls, streams, options, respond))
    : handlePrepared(preparing, streams, options, respond);
}

function handlePrepared(
  calls: readonly PreparedCall[],
  streams: boolean,
  options: HandleCallsOptions,
  respond: Respond,
): Promise<Response> {
  const { gated, router, identity } = options;
  if (hasMixedTypes(calls)) {
    options.reports?.refused(mixedTypes);
    const response = refusalResponse(mixedTypes, router._def._config, options.onError);
    setGateHeaders(response.headers, gated);
    return Promise.resolve(response);
  }
  const sendable = calls.filter(isSendable);
  if (options.reports && sendable.length < calls.length) reportRefused(calls, options, options.reports);
  const minimumTime = minimumResponseTime(sendable);
  const respondTo = ({ caller, effect }: ResolvedCaller): Promise<Response> =>
    respond({ calls, sendable, caller, effect, streams, minimumTime }, options);
  return identity.type === "authenticated"
    ? respondTo({ caller: identity.caller, effect: undefined })
    : callerFor(sendable, options).then(respondTo);
}

/** Reports the calls of a request that are not sent. */
function reportRefused(
  calls: readonly PreparedCall[],
  { gated, identity }: HandleCallsOptions,
  { answered }: CallReports,
): void {
  const caller = identity.type === "authenticated" ? identity.caller : anonymous;
  for (const prepared of calls) {
    const { path, procedure, call, refusal } = prepared;
    if (call) continue;
    const outcome = refusal ? outcomeOf(refusal) : outcomeOfCause(refusalOf(prepared, gated));
    answered({ path, type: procedure?._def.type }, outcome, caller);
  }
}

type ResolvedCaller = Pick<PreparedRequest, "caller" | "effect">;

function isSendable(prepared: PreparedCall): prepared is PreparedCall & SendableCall {
  return prepared.call !== undefined;
}

function hasMixedTypes(calls: readonly PreparedCall[]): boolean {
  let type: string | undefined;
  for (const { procedure } of calls) {
    if (!procedure) continue;
    if (type !== undefined && type !== procedure._def.type) return true;
    type = procedure._def.type;
  }
  return false;
}

/** Procedures of these kinds find their object by an address or a token in the input. The caller does not matter. */
const withoutCaller: ReadonlySet<string> = new Set(["email", "mail", "refresh"]);

/** Determines the caller. Renews an expired access token only if one of the calls depends on the caller. */
async function callerFor(
  calls: readonly SendableCall[],
  { identity, configuration, device }: HandleCallsOptions,
): Promise<ResolvedCaller> {
  if (identity.type !== "expired") return { caller: anonymous, effect: undefined };
  const placements = calls.map(({ procedure }) => placementOf(procedure));
  const needsCaller = placements.some(({ kind, dependsOnCaller = !withoutCaller.has(kind) }) => dependsOnCaller);
  if (!needsCaller) return { caller: anonymous, effect: undefined };
  const [acceptsSessions, ...others] = new Set(placements.map((placement) => placement.acceptsSessions));
  return renew(identity.claims, configuration, {
    device,
    acceptsSessions: others.length === 0 ? acceptsSessions : undefined,
    runsHere: placements.some(({ kind }) => kind === "anywhere"),
  });
}

/**
 * Procedures that send mail to an address. They respond equally with and without an account, but an empty object takes
 * longer to start than an initialized one, and these calls do not hash a password, which would hide the difference.
 */
const BY_ADDRESS: ReadonlySet<string> = new Set(["auth.requestPasswordReset", "auth.requestDeviceLink"]);

/** Longer than an object usually takes to start and respond, and too short for a user to notice. */
const MINIMUM_MS = 100;

/**
 * Resolves when the response to these calls may be sent, so that its time does not show whether an address has an account.
 * `undefined` if it may be sent at once. Call it before the calls are sent.
 */
export function minimumResponseTime(calls: readonly { readonly path: string }[]): Promise<void> | undefined {
  if (!calls.some(({ path }) => BY_ADDRESS.has(path))) return undefined;
  return new Promise((resolve) => {
    setTimeout(resolve, MINIMUM_MS);
  });
}
