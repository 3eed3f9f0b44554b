import type { ObjectNamespace } from "./object-stub.js";

/** A binding of the settings, with the namespace of Durable Objects behind it. */
export interface ObjectBinding {
  readonly binding: string;
  readonly namespace: ObjectNamespace;
}

/** The bindings that lead to the class of an object, in the order of the settings. The platform's own check of ids decides. */
export function bindingsOf(id: string, env: object): ObjectBinding[] {
  return Object.entries(env).flatMap(([binding, value]: [string, unknown]) =>
    isDurableObjectNamespace(value) && recognizes(value, id) ? [{ binding, namespace: value }] : [],
  );
}

/** Reads the tag: a service binding answers to every property, and asking one would call it. */
export function isDurableObjectNamespace(value: unknown): value is ObjectNamespace {
  return Object.prototype.toString.call(value) === "[object DurableObjectNamespace]";
}

function recognizes(namespace: ObjectNamespace, id: string): boolean {
  try {
    namespace.idFromString(id);
    return true;
  } catch {
    return false;
  }
}
