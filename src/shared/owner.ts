/** The owner of a Durable Object: a user or an organization. */
export interface Owner {
  readonly type: "user" | "organization";
  readonly id: string;
}

/**
 * Identifies a Durable Object of the app. An `email` object is an index: it stores which user has an email address, and no data
 * of the app.
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

/** Parses the name of a Durable Object; `undefined` for a name that {@link toName} does not return. */
export function parseName(name: string | undefined): ObjectAddress | undefined {
  const [, type, id] = (name === undefined ? null : NAME.exec(name)) ?? [];
  return id === undefined ? undefined : { type: type as ObjectAddress["type"], id };
}
