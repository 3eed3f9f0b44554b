interface ChangeStatusProps {
  readonly mutation: { readonly data: { readonly applied: boolean } | undefined };
  /** The message after the change. */
  readonly done: string;
}

/** Announces that an action is done, or that an object could not be reached. */
export function ChangeStatus({ mutation: { data }, done }: ChangeStatusProps) {
  if (!data) return null;
  return data.applied ? done : "Stored. A part of the app could not be reached, and follows within minutes.";
}
