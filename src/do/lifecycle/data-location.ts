import type { AppDefinition } from "../../router/definition.js";
import type { Env } from "../../router/env.js";
import type { UserOf } from "../../router/profile.js";
import { ConfigurationError } from "../../shared/configuration-error.js";
import { checkJurisdiction, isJurisdiction, JURISDICTIONS, type Jurisdiction } from "../../shared/jurisdiction.js";
import { isLocationHint, LOCATION_HINTS, type LocationHint } from "../../shared/location-hint.js";
import type { SignUpRequest } from "../../shared/sign-up-request.js";

/** A user who signs up. */
export interface NewUser {
  readonly type: "user";
  /** The request of the sign-up; `undefined` for an account that a server creates. */
  readonly request: SignUpRequest | undefined;
  /** The profile of the sign-up, which its schema has parsed. */
  readonly profile: Readonly<Record<string, unknown>> | undefined;
  readonly env: Env;
}

/** An organization that a user creates. */
export interface NewOrganization<TApp extends AppDefinition = AppDefinition> {
  readonly type: "organization";
  /** The user who creates the organization. */
  readonly user: UserOf<TApp>;
  /** The jurisdiction of that user. */
  readonly jurisdiction: Jurisdiction | undefined;
  readonly env: Env;
}

/** A user or an organization that is about to be created. */
export type NewOwner<TApp extends AppDefinition = AppDefinition> = NewUser | NewOrganization<TApp>;

/** Chooses a value for each new user and organization. To refuse the sign-up or the organization, throw a TRPCError. */
type Choice<TApp extends AppDefinition, TValue> = (
  created: NewOwner<TApp>,
) => TValue | undefined | Promise<TValue | undefined>;

/** Where the data of new users and organizations is stored. */
export interface LocationOptions<TApp extends AppDefinition = AppDefinition> {
  /**
   * The jurisdiction to which the Durable Objects of new users and organizations are restricted: the same for all, or a function
   * that chooses one. It is part of the id and never changes. Decide before the first user.
   * @default users are not restricted, and organizations have the jurisdiction of the user who creates them
   */
  readonly jurisdiction?: Jurisdiction | Choice<TApp, Jurisdiction> | undefined;
  /**
   * The region near which the Durable Objects of new users and organizations are created: the same for all, or a function that
   * chooses one. It has no effect on existing objects.
   * @default near the request that creates the object
   */
  readonly locationHint?: LocationHint | Choice<TApp, LocationHint> | undefined;
}

/** Where a new object is created. */
export interface ObjectLocation {
  readonly jurisdiction: Jurisdiction | undefined;
  readonly locationHint: LocationHint | undefined;
}

/**
 * Checks the values of the options. Those of a function are checked when it returns.
 *
 * @throws Error with the name of the option
 */
export function checkLocationOptions({ jurisdiction, locationHint }: LocationOptions): void {
  if (typeof jurisdiction !== "function") checkJurisdiction("jurisdiction", jurisdiction);
  if (typeof locationHint === "function" || locationHint === undefined || isLocationHint(locationHint)) return;
  throw new Error(
    `locationHint: ${JSON.stringify(locationHint)} is not a region. Use one of ${listOf(LOCATION_HINTS)}, or a function.`,
  );
}

/**
 * Chooses where the object of a new user or organization is created. Call it before anything is stored.
 *
 * @throws ConfigurationError if a function of the app returns a jurisdiction or a region that does not exist, and the errors of
 * these functions
 */
export async function locate(
  { jurisdiction, locationHint }: LocationOptions,
  created: NewOwner,
): Promise<ObjectLocation> {
  const inherited = created.type === "organization" ? created.jurisdiction : undefined;
  const restricted = typeof jurisdiction === "function" ? await jurisdiction(created) : (jurisdiction ?? inherited);
  if (restricted !== undefined && !isJurisdiction(restricted))
    throw unknownValue("jurisdiction", { value: restricted, known: JURISDICTIONS });
  const hint = typeof locationHint === "function" ? await locationHint(created) : locationHint;
  if (hint !== undefined && !isLocationHint(hint))
    throw unknownValue("locationHint", { value: hint, known: LOCATION_HINTS });
  return { jurisdiction: restricted, locationHint: hint };
}

function unknownValue(
  option: string,
  { value, known }: { readonly value: unknown; readonly known: readonly string[] },
): ConfigurationError {
  const returned = typeof value === "string" ? JSON.stringify(value) : typeof value;
  return new ConfigurationError(
    `The function \`${option}\` returned ${returned}, which is not one of ${listOf(known)}. Return one of them, or undefined.`,
  );
}

function listOf(known: readonly string[]): string {
  return known.map((each) => `"${each}"`).join(", ");
}
