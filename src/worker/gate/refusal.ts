import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import type { ErrorReason } from "../../shared/error-reason.js";

/** Why the gate turned a request away. The HTTP status follows from the code, as everywhere in tRPC. */
export interface Refusal {
  readonly code: TRPC_ERROR_CODE_KEY;
  /** What happened, why, and what to do. Repeats nothing that the request said. */
  readonly message: string;
  /** The stable name of the error, if it has one. */
  readonly reason?: ErrorReason;
  /** Sent with the reply. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by the gate's own decisions and caught in `gate`; never leaves it. */
export class GateRefusal extends Error {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(code: Refusal["code"], message: string, headers?: Refusal["headers"], reason?: ErrorReason) {
    super(message);
    this.refusal = { code, message, ...(headers && { headers }), ...(reason && { reason }) };
  }
}
