/**
 * The jurisdictions to which the platform can restrict a Durable Object.
 *
 * @see https://developers.cloudflare.com/durable-objects/reference/data-location/
 */
export const JURISDICTIONS = ["eu", "us", "fedramp", "fedramp-high"] as const;

/** A jurisdiction, such as the European Union, in which a Durable Object runs and stores its data. */
export type Jurisdiction = (typeof JURISDICTIONS)[number];

const ANY = JURISDICTIONS.join("|");

/**
 * Pattern of the id of a user or an organization: 32 hex digits. If its object is restricted to a jurisdiction, the id begins
 * with it: `eu_0123…`.
 */
export const OWNER_ID = `(?:(?:${ANY})_)?[0-9a-f]{32}`;

const RESTRICTED = new RegExp(`^(${ANY})_[0-9a-f]{32}$`);

export function isJurisdiction(value: unknown): value is Jurisdiction {
  return JURISDICTIONS.some((known) => known === value);
}

/** @throws Error if an option is set and is not a jurisdiction that the platform has */
export function checkJurisdiction(name: string, value: unknown): void {
  if (value === undefined || isJurisdiction(value)) return;
  const known = JURISDICTIONS.map((each) => `"${each}"`).join(", ");
  throw new Error(`${name}: ${JSON.stringify(value)} is not a jurisdiction. Use one of ${known}.`);
}

/** Adds a jurisdiction to the 32 hex digits of a new id. It cannot be changed later, because the id names the object. */
export function withJurisdiction(digits: string, jurisdiction: Jurisdiction | undefined): string {
  return jurisdiction === undefined ? digits : `${jurisdiction}_${digits}`;
}

/**
 * Returns the jurisdiction of an id; `undefined` if the object of the id is not restricted, and `"invalid"` for an id that
 * begins with anything else than a known jurisdiction. Ids without a jurisdiction have no `_`.
 */
export function parseJurisdiction(id: string): Jurisdiction | undefined | "invalid" {
  if (!id.includes("_")) return undefined;
  return (RESTRICTED.exec(id)?.[1] as Jurisdiction | undefined) ?? "invalid";
}

/** Returns the jurisdiction of the id of a user or an organization; `undefined` if its object is not restricted. */
export function jurisdictionOf(id: string): Jurisdiction | undefined {
  const jurisdiction = parseJurisdiction(id);
  return jurisdiction === "invalid" ? undefined : jurisdiction;
}
