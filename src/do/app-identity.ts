import { readSecrets, type AppSecrets } from "../shared/app-secrets.js";
import { ConfigurationError } from "../shared/configuration-error.js";
import type { ObjectNamespace } from "../shared/object-stub.js";

/** Which app an object belongs to: its binding, the namespace behind it, and the secrets. */
export interface AppIdentity {
  /** The name of the binding, which is the audience of every token. */
  readonly binding: string;
  readonly namespace: ObjectNamespace;
  readonly secrets: AppSecrets;
}

/**
 * Finds the binding through which an object reaches its siblings: the one namespace that recognises the
 * object's own id. So the class needs no option that could name the wrong one, and an object of one app can
 * never address another app's.
 *
 * @throws ConfigurationError in one line, when no binding leads here or a secret is missing
 */
export function identifyApp(id: DurableObjectId, env: object): AppIdentity {
  for (const [binding, value] of Object.entries(env)) {
    if (isNamespace(value) && recognises(value, id)) return { binding, namespace: value, secrets: readSecrets(env) };
  }
  throw new ConfigurationError(
    "No binding leads to this Durable Object's own class. Add one to `durable_objects.bindings` in wrangler.jsonc.",
  );
}

/** By its tag: a service binding has every property that it is asked for, and would be called for real. */
function isNamespace(value: unknown): value is ObjectNamespace {
  return Object.prototype.toString.call(value) === "[object DurableObjectNamespace]";
}

function recognises(namespace: ObjectNamespace, id: DurableObjectId): boolean {
  try {
    namespace.idFromString(id.toString());
    return true;
  } catch {
    return false;
  }
}
