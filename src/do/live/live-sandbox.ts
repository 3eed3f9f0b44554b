import { TRPCError } from "@trpc/server";
import { currentRecorder } from "../tables/reads/read-recorder.js";

/**
 * The Worker's bindings, for a live query: those that lead to another object or Worker throw when they are used.
 * What they would answer can change without this object being told.
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

/** Another Durable Object, or another Worker. Both are the platform's own classes, which it gives no names to. */
function isExternalBinding(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const kind = Object.getPrototypeOf(value) === Object.prototype ? "Object" : value.constructor.name;
  return kind.startsWith("DurableObject") || kind === "Fetcher" || kind === "LoopbackServiceStub";
}

let guarded = false;

/** From now on `fetch` throws inside a live query. What kept the function before is not caught. */
export function guardFetch(): void {
  if (guarded) return;
  guarded = true;
  const { fetch } = globalThis;
  globalThis.fetch = (...args: Parameters<typeof fetch>) => {
    if (currentRecorder()) throw notLive("fetch");
    return fetch(...args);
  };
}

function notLive(what: string): TRPCError {
  return new TRPCError({
    code: "METHOD_NOT_SUPPORTED",
    message:
      `This query uses ${what}, so it cannot be kept live: nothing says when that has changed. Store what it answers ` +
      "in a table and read it from there, or do not keep the query live.",
  });
}
