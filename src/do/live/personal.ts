import { checkingCaller, currentRecorder } from "../storage/read-recorder.js";
import type { Room } from "../../router/room.js";

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
export function personal<TObject extends object>(given: TObject): TObject {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(given)).map(([name, property]) => [
    name,
    sameForAll.has(name) ? property : noted(property),
  ]);
  return Object.defineProperties({}, Object.fromEntries(properties) as PropertyDescriptorMap) as TObject;
}

/** The same for what the framework's own procedures work with. */
export function personalRoom(room: Room): Room {
  return Object.defineProperty(personal(room), "checkingCaller", { value: checkingCaller });
}

function noted(property: PropertyDescriptor): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: property.enumerable ?? false,
    get() {
      currentRecorder()?.caller();
      return property.get ? (property.get.call(this) as unknown) : (property.value as unknown);
    },
  };
}
