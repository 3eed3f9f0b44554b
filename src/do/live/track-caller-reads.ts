import { withoutCallerTracking, currentRecorder } from "../tables/reads/read-recorder.js";
import type { ObjectServices } from "../../router/services.js";

/** What a context holds that is the same whoever calls. All else counts as the caller's. */
const sameForAll: ReadonlySet<PropertyKey> = new Set([
  "env",
  "owner",
  "organization",
  "tables",
  "kv",
  "db",
  "transaction",
  "address",
  "atomic",
  "setSession",
]);

/** The same object. A live query that reads of it what is the caller's is told so, and runs for each caller alone. */
export function trackCallerReads<TObject extends object>(given: TObject): TObject {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(given)).map(([name, property]) => [
    name,
    sameForAll.has(name) ? property : trackedProperty(property),
  ]);
  return Object.defineProperties({}, Object.fromEntries(properties) as PropertyDescriptorMap) as TObject;
}

/** The same for what the framework's own procedures work with. */
export function trackServiceReads(room: ObjectServices): ObjectServices {
  return Object.defineProperty(trackCallerReads(room), "withoutCallerTracking", { value: withoutCallerTracking });
}

function trackedProperty(property: PropertyDescriptor): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: property.enumerable ?? false,
    get() {
      currentRecorder()?.caller();
      return property.get ? (property.get.call(this) as unknown) : (property.value as unknown);
    },
  };
}
