export interface Success<TValue> {
  readonly ok: true;
  readonly value: TValue;
}

/** One type for each reason, so that a check of the reason narrows a `Result`. */
export type Failure<TReason extends string> = TReason extends string
  ? { readonly ok: false; readonly reason: TReason }
  : never;

/** The outcome of a request to another object: a value, or the reason why the request was refused. */
export type Result<TValue, TFailure extends Failure<string>> = Success<TValue> | TFailure;

export function success<const TValue>(value: TValue): Success<TValue> {
  return { ok: true, value };
}

export function failure<TReason extends string>(reason: TReason): Failure<TReason> {
  // TypeScript does not resolve the conditional type for a type parameter.
  return { ok: false, reason } as Failure<TReason>;
}
