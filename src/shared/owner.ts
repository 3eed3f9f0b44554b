import { parseJurisdiction, type Jurisdiction } from "./jurisdiction.js";

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
  const address = { type: type as ObjectAddress["type"], id };
  const jurisdiction = parseJurisdiction(id);
  return jurisdiction === undefined || (jurisdiction !== "invalid" && isOwner(address)) ? address : undefined;
}

/** Whether an object belongs to one user or organization. The others are shared by the whole app. */
function isOwner({ type }: ObjectAddress): boolean {
  return type === "user" || type === "organization";
}

/**
 * Returns the jurisdiction of an object: that of its id, or the one of all objects that the app shares.
 *
 * @throws Error for an id with an unknown jurisdiction
 */
export function jurisdictionOfObject(
  address: ObjectAddress,
  appJurisdiction: Jurisdiction | undefined,
): Jurisdiction | undefined {
  if (!isOwner(address)) return appJurisdiction;
  const jurisdiction = parseJurisdiction(address.id);
  if (jurisdiction !== "invalid") return jurisdiction;
  throw new Error(`${JSON.stringify(address.id)} is not the id of a user or an organization.`);
}
