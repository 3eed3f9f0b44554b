/** The suspension of an account by an operator. */
export interface AccountSuspension {
  /** As the operator entered it. Only operators see it. */
  readonly reason: string;
  readonly at: Date;
  /** When it ends by itself; `null` if an operator has to end it. */
  readonly until: Date | null;
}

/** The message for the user of a suspended account. */
export function suspensionMessage(until: Date | null | undefined): string {
  // Truncated to minutes. The time zone of the user is not known here.
  const date = until?.toISOString().slice(0, 16).replace("T", " ");
  return date === undefined
    ? "This account is suspended. Contact support."
    : `This account is suspended until ${date} UTC. Contact support if you think that this is a mistake.`;
}
