import type { ErrorReason } from "./error-reason.js";
import type { Failure } from "./result.js";

/** An error for the client. It is data, because a thrown error would lose its class over RPC. */
export interface ClientFailure extends Failure<"CLIENT_ERROR"> {
  readonly error: { readonly code: string; readonly message: string; readonly reason?: ErrorReason | undefined };
  /** Whether a mail had already been passed to the app's hook. */
  readonly mailed?: boolean | undefined;
}
