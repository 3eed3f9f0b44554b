/**
 * The regions in which the platform can create a Durable Object.
 *
 * @see https://developers.cloudflare.com/durable-objects/reference/data-location/
 */
export const LOCATION_HINTS = [
  "wnam",
  "enam",
  "sam",
  "weur",
  "eeur",
  "apac",
  "apac-ne",
  "apac-se",
  "oc",
  "afr",
  "me",
] as const;

/** The region near which a Durable Object is created, if the platform can. */
export type LocationHint = (typeof LOCATION_HINTS)[number];

export function isLocationHint(value: unknown): value is LocationHint {
  return LOCATION_HINTS.some((known) => known === value);
}
