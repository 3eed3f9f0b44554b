/** Who performed an audited action: a user, or the app itself. */
export type AuditActor = { readonly type: "user"; readonly id: string } | { readonly type: "system" };

/** The user, role, organization or procedure that an audited action concerned. */
export interface AuditTarget {
  readonly type: string;
  readonly id: string;
}

/** One entry of the audit log of the app, as `admin.audit.list` returns it, or of an organization. */
export interface AuditedAction {
  /** Increases with each entry of the log. */
  readonly id: number;
  readonly at: Date;
  readonly actor: AuditActor;
  /** A name such as "role.assign". A call without the permission that it requires is "permission.denied". */
  readonly action: string;
  readonly target: AuditTarget | null;
  /** What the action changed, such as the name of the role that a user was assigned. */
  readonly detail?: string | undefined;
  /** The reason that the actor gave. */
  readonly reason: string | null;
  readonly outcome: "ok" | "denied" | "failed";
  /** The missing permission of a denied call, or the reason of the error of a failed one. */
  readonly failure?: string | undefined;
  /** The network of the actor, if the app sets the option `network` of the log. */
  readonly network?: string | undefined;
}

/** The filter of a list of audited actions. */
export interface AuditedActionFilter {
  readonly limit: number;
  /** The `nextCursor` of the previous page. */
  readonly cursor?: string | undefined;
  readonly action?: string | undefined;
  readonly actorId?: string | undefined;
  readonly targetId?: string | undefined;
  readonly after?: Date | undefined;
  /** Exclusive. */
  readonly before?: Date | undefined;
}
