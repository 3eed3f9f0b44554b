import type { ObjectNamespace } from "./object-stub.js";

/** A binding in `env`, and its Durable Object namespace. */
export interface ObjectBinding {
  readonly binding: string;
  readonly namespace: ObjectNamespace;
}

/**
 * Finds the bindings of the class of an object, in the order of `env`. A namespace accepts only ids of its own class.
 */
export function bindingsOf(id: string, env: object): ObjectBinding[] {
  return Object.entries(env).flatMap(([binding, value]: [string, unknown]) =>
    isDurableObjectNamespace(value) && acceptsId(value, id) ? [{ binding, namespace: value }] : [],
  );
}

/**
 * Finds the Durable Object classes among the exports of the Worker (`ctx.exports`). A class without storage in
 * wrangler.jsonc has no namespace, and is not one of them.
 */
export function exportedClasses(exported: object | undefined): ObjectBinding[] {
  return Object.entries(exported ?? {}).flatMap(([binding, value]: [string, unknown]) =>
    isDurableObjectNamespace(value) ? [{ binding, namespace: value }] : [],
  );
}

/** Checks the tag, because a service binding has every property, and reading one would start a call. */
export function isDurableObjectNamespace(value: unknown): value is ObjectNamespace {
  return TAGS.has(Object.prototype.toString.call(value));
}

/** The tags of a binding, and of a class among the exports. */
const TAGS: ReadonlySet<string> = new Set([
  "[object DurableObjectNamespace]",
  "[object LoopbackDurableObjectNamespace]",
]);

function acceptsId(namespace: ObjectNamespace, id: string): boolean {
  try {
    namespace.idFromString(id);
    return true;
  } catch {
    return false;
  }
}
