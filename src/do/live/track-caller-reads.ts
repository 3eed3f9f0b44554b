import { withoutCallerTracking, currentRecorder } from "../tables/reads/read-recorder.js";
import type { ObjectServices } from "../../router/services.js";

/** Properties of a context that do not depend on the caller. All other properties count as caller-specific. */
const sameForAll: ReadonlySet<PropertyKey> = new Set([
  "env",
  "owner",
  "organization",
  "tables",
  "kv",
  "db",
  "transaction",
  "presence",
  "address",
  "atomic",
  "setSession",
]);

/**
 * Returns a view of an object that records reads of caller-specific properties. A live query that reads one runs per caller; other
 * live queries are shared.
 */
export function trackCallerReads<TObject extends object>(target: TObject): TObject {
  const view = {} as TObject;
  for (const name of Reflect.ownKeys(target)) {
    const property = Object.getOwnPropertyDescriptor(target, name);
    if (property) Object.defineProperty(view, name, isTracked(name) ? trackedProperty(property) : property);
  }
  return view;
}

/** Only the framework uses symbols. */
function isTracked(name: PropertyKey): boolean {
  return typeof name === "string" && !sameForAll.has(name);
}

/** Returns the same view of the services that built-in procedures use. */
export function trackServiceReads(services: ObjectServices): ObjectServices {
  return Object.defineProperty(trackCallerReads(services), "withoutCallerTracking", { value: withoutCallerTracking });
}

function trackedProperty(property: PropertyDescriptor): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: property.enumerable ?? false,
    get() {
      currentRecorder()?.recordCaller();
      return property.get ? (property.get.call(this) as unknown) : (property.value as unknown);
    },
  };
}
