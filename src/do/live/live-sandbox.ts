import { ReasonedError } from "../../router/reasoned-error.js";
import { currentRecorder } from "../tables/reads/read-recorder.js";

/**
 * Returns the bindings for a live query. A binding of another object or Worker throws when it is used, because its replies can
 * change without a notification to this object.
 */
export function denyExternalBindings(env: object): object {
  return new Proxy(env, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (isExternalBinding(value) && currentRecorder()) throw notLive(`env.${String(name)}`);
      return value;
    },
  });
}

/** Returns whether a binding is a Durable Object or another Worker. The platform does not export their classes. */
function isExternalBinding(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const kind = Object.getPrototypeOf(value) === Object.prototype ? "Object" : value.constructor.name;
  return kind.startsWith("DurableObject") || kind === "Fetcher" || kind === "LoopbackServiceStub";
}

let guarded = false;

/** Makes the global `fetch` throw inside live queries. References to `fetch` that were stored before are not guarded. */
export function guardFetch(): void {
  if (guarded) return;
  guarded = true;
  const { fetch } = globalThis;
  globalThis.fetch = (...args: Parameters<typeof fetch>) => {
    if (currentRecorder()) throw notLive("fetch");
    return fetch(...args);
  };
}

function notLive(what: string): ReasonedError {
  return new ReasonedError({
    code: "METHOD_NOT_SUPPORTED",
    message:
      `This query uses ${what}, so it cannot be live: changes of external data cannot be detected. Store the data in a table ` +
      "and read it from there, or call the query without live().",
    reason: "LIVE_QUERY_EXTERNAL",
  });
}
