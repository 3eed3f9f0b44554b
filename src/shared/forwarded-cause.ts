/** The cause of an error, for a server-side caller. It is data, because a structured clone drops an error's class and fields. */
export interface ForwardedCause {
  readonly name: string;
  readonly message: string;
  /** The issues of a validation, as in a `ZodError`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the RPC types of Workers convert `unknown` to `never`
  readonly issues?: any;
}
