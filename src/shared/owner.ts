/** The owner of a Durable Object: a user, an organization, or the app as a whole (`app:main`). */
export interface Owner {
  readonly type: "user" | "organization" | "app";
  readonly id: string;
}

/**
 * Identifies a Durable Object of the app. An `email` object is an index: it stores which user has an email address, and no data
 * of the app. A `directory` object lists users.
 */
export interface ObjectAddress {
  readonly type: "user" | "organization" | "app" | "email" | "directory";
  readonly id: string;
}

/** The object with the data of the whole app. There is only one. */
export const appAddress = { type: "app", id: "main" } as const satisfies ObjectAddress;

const NAME = /^(user|organization|app|email|directory):([A-Za-z0-9_-]{1,128})$/;

/** The Durable Object's name: `user:<id>`, `organization:<id>`, `app:main`, `email:<hmac>` or `directory:<n>`. */
export function toName(address: ObjectAddress): string {
  return `${address.type}:${address.id}`;
}

/** Parses the name of a Durable Object; `undefined` for a name that {@link toName} does not return. */
export function parseName(name: string | undefined): ObjectAddress | undefined {
  const [, type, id] = (name === undefined ? null : NAME.exec(name)) ?? [];
  if (id === undefined || (type === appAddress.type && id !== appAddress.id)) return undefined;
  return { type: type as ObjectAddress["type"], id };
}
