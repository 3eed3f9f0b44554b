/** The cause of an error on its way to a server caller. Structured clone keeps neither an error's class nor its own fields. */
export interface ForwardedCause {
  readonly name: string;
  readonly message: string;
  /** What a validation found, such as the `issues` of a `ZodError`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- Workers' RPC types turn `unknown` into `never`
  readonly issues?: any;
}
