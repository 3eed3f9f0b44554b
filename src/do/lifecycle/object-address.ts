import { ConfigurationError } from "../../shared/configuration-error.js";
import type { Jurisdiction } from "../../shared/jurisdiction.js";
import { bindingsOf } from "../../shared/object-bindings.js";
import { jurisdictionOfObject, parseName, type ObjectAddress } from "../../shared/owner.js";
import { implementsJurisdictions, parseLocalName } from "../../shared/restricted-namespace.js";

/** The parts of an object's id that determine its address. */
export interface ObjectId {
  readonly name?: string | undefined;
  readonly jurisdiction?: string | undefined;
  toString(): string;
}

export interface AddressOptions {
  readonly env: object;
  /** The option of `initUserDO`. */
  readonly appJurisdiction: Jurisdiction | undefined;
}

/**
 * Returns the address of an object, if the object is where the app expects it. Otherwise two parts of the app with different
 * settings would store the same data in two places.
 *
 * @throws ConfigurationError if the object is in another jurisdiction
 */
export function addressOf(id: ObjectId, { env, appJurisdiction }: AddressOptions): ObjectAddress {
  const { name, jurisdiction: local } = parseLocalName(id.name);
  const address = parseName(name);
  if (!address || (local !== undefined && !isLocal(id, env))) throw unknownName(id);
  const expected = jurisdictionOfObject(address, appJurisdiction);
  const actual = id.jurisdiction ?? local;
  if (actual !== expected) throw otherJurisdiction(address, { actual, expected });
  return address;
}

/** Whether the runtime does not implement jurisdictions, so that they are in names. */
function isLocal(id: ObjectId, env: object): boolean {
  const [first] = bindingsOf(id.toString(), env);
  return first !== undefined && !implementsJurisdictions(first.namespace);
}

function unknownName({ name }: ObjectId): Error {
  const what = name === undefined ? "was not addressed by name" : "has a name that the framework does not use";
  return new Error(`This object ${what}. Reach it with getUserDO(env.BINDING, { userId }).`);
}

function otherJurisdiction(
  { type }: ObjectAddress,
  { actual, expected }: { readonly actual: string | undefined; readonly expected: Jurisdiction | undefined },
): ConfigurationError {
  const [wrong, right] = [actual, expected].map((each) => (each === undefined ? "none" : `"${each}"`));
  return new ConfigurationError(
    type === "user" || type === "organization"
      ? `The jurisdiction of the object is ${wrong}, and that of its id ${right}. Reach it with getUserDO or createCaller.`
      : `An object of the app was addressed with the jurisdiction ${wrong}, but \`appJurisdiction\` is ${right}. Use the same ` +
          "`appJurisdiction` in `initUserDO` of each Worker and in each `createCaller`.",
  );
}
