/** Whose Durable Object it is: one user's, or one organization's. */
export interface Owner {
  readonly type: "user" | "organization";
  readonly id: string;
}

/**
 * What a Durable Object of the app is named after. `email` objects are an index only: they say which
 * user owns an address, and hold no app data.
 */
export interface ObjectAddress {
  readonly type: "user" | "organization" | "email";
  readonly id: string;
}

const NAME = /^(user|organization|email):([A-Za-z0-9_-]{1,128})$/;

/** The Durable Object's name: `user:<id>`, `organization:<id>` or `email:<hmac>`. */
export function toName(address: ObjectAddress): string {
  return `${address.type}:${address.id}`;
}

/** Reads a Durable Object's name back; `undefined` for a name that is none of ours. */
export function parseName(name: string | undefined): ObjectAddress | undefined {
  const [, type, id] = (name === undefined ? null : NAME.exec(name)) ?? [];
  return id === undefined ? undefined : { type: type as ObjectAddress["type"], id };
}
