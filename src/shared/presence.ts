/** One socket of a member. */
export interface PresentConnection<TState> {
  readonly id: string;
  /** The state that the client has set; `null` before. */
  readonly state: TState | null;
  /** When the connection was opened. A page that is loaded again keeps the time. */
  readonly since: Date;
}

/** A person who is connected to an owner, with a connection for each tab and device. */
export interface PresentMember<TState> {
  readonly userId: string;
  readonly connections: readonly PresentConnection<TState>[];
}

export type PresenceChange<TState> =
  /** `member` replaces what was known of this person. */
  | { readonly type: "join" | "update"; readonly member: PresentMember<TState> }
  | { readonly type: "leave"; readonly userId: string };

/** A message to watchers: everyone who is present, at the start and after a gap, or the changes since the previous message. */
export type PresenceMessage<TState> =
  | { readonly type: "sync"; readonly members: readonly PresentMember<TState>[] }
  | { readonly type: "changes"; readonly changes: readonly PresenceChange<TState>[] };
