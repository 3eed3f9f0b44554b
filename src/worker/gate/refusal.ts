import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import type { ErrorReason } from "../../shared/error-reason.js";

/** Why a request is refused before its calls run. The code determines the HTTP status, as everywhere in tRPC. */
export interface Refusal {
  readonly code: TRPC_ERROR_CODE_KEY;
  /** The problem, then the fix. Never contains text from the request. */
  readonly message: string;
  /** Sent as `error.data.reason`. */
  readonly reason: ErrorReason;
  /**
   * Seconds after which the request can succeed. Sent as `error.data.retryAfter` and in the header `Retry-After`.
   * @default not sent
   */
  readonly retryAfter?: number;
  /** Response headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown inside the gate, which catches it. */
export class GateRefusal extends Error {
  override readonly name = "GateRefusal";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
