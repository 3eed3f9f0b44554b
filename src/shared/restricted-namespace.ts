import { ConfigurationError } from "./configuration-error.js";
import { JURISDICTIONS, type Jurisdiction } from "./jurisdiction.js";
import type { LocationHint } from "./location-hint.js";

/** The options of a stub that the framework uses. */
export interface StubOptions {
  /** Where the platform creates the object, if it does not exist yet. */
  readonly locationHint?: LocationHint;
}

/** The methods of a Durable Object namespace that find an object by its name. */
export interface NamedObjects<TStub> {
  getByName(name: string, options?: StubOptions): TStub;
  jurisdiction(jurisdiction: Jurisdiction): Pick<NamedObjects<TStub>, "getByName">;
}

/** An object's name, and the jurisdiction that is part of it where the runtime does not implement jurisdictions. */
export interface LocalName {
  readonly jurisdiction: Jurisdiction | undefined;
  readonly name: string | undefined;
}

const LOCAL_NAME = new RegExp(`^(${JURISDICTIONS.join("|")})/(.*)$`);

/**
 * Returns the stub of an object in a jurisdiction. Local development does not implement jurisdictions, so the object's name
 * begins with it there. Objects of the same name in two jurisdictions are two objects in both cases.
 *
 * @throws ConfigurationError if the platform does not accept the jurisdiction
 */
export function getRestricted<TStub>(
  namespace: NamedObjects<TStub>,
  { jurisdiction, name }: { readonly jurisdiction: Jurisdiction; readonly name: string },
  options?: StubOptions,
): TStub {
  const restricted = restrict(namespace, jurisdiction);
  return restricted ? restricted.getByName(name, options) : namespace.getByName(`${jurisdiction}/${name}`, options);
}

/** Whether the runtime implements jurisdictions. Local development does not. */
export function implementsJurisdictions(namespace: Pick<NamedObjects<unknown>, "jurisdiction">): boolean {
  return restrict(namespace, "eu") !== undefined;
}

/** Splits the name of an object into its jurisdiction in local development and the name in production. */
export function parseLocalName(name: string | undefined): LocalName {
  const [, jurisdiction, rest] = (name === undefined ? null : LOCAL_NAME.exec(name)) ?? [];
  return rest === undefined
    ? { jurisdiction: undefined, name }
    : { jurisdiction: jurisdiction as Jurisdiction, name: rest };
}

/** Returns the part of a namespace in a jurisdiction; `undefined` in local development. */
function restrict<TStub>(
  namespace: Pick<NamedObjects<TStub>, "jurisdiction">,
  jurisdiction: Jurisdiction,
): Pick<NamedObjects<TStub>, "getByName"> | undefined {
  try {
    return namespace.jurisdiction(jurisdiction);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // Any other failure must not store the data elsewhere.
    if (message === "Jurisdiction restrictions are not implemented in workerd.") return undefined;
    throw new ConfigurationError(
      `The platform did not accept the jurisdiction "${jurisdiction}": ${message} Use one that your account can use.`,
    );
  }
}
