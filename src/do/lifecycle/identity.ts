import { readSecrets, type AppSecrets } from "../../shared/app-secrets.js";
import { ConfigurationError } from "../../shared/configuration-error.js";
import { bindingsOf } from "../../shared/object-bindings.js";
import type { ObjectNamespace } from "../../shared/object-stub.js";

/** Which app an object belongs to: its binding, the namespace behind it, and the secrets. */
export interface AppIdentity {
  /** The name of the binding, which is the audience of every token. */
  readonly binding: string;
  readonly namespace: ObjectNamespace;
  readonly secrets: AppSecrets;
}

/**
 * Finds the binding through which an object reaches its siblings: the first namespace that recognizes the
 * object's own id. So the class needs no option that could name the wrong one, and an object of one app can
 * never address another app's. The Worker refuses requests through any further binding of the same class.
 *
 * @throws ConfigurationError in one line, when no binding leads here or a secret is missing
 */
export function identifyApp(id: DurableObjectId, env: object): AppIdentity {
  const [first] = bindingsOf(id.toString(), env);
  if (first) return { ...first, secrets: readSecrets(env) };
  throw new ConfigurationError(
    "No binding leads to this Durable Object's own class. Add one to `durable_objects.bindings` in wrangler.jsonc.",
  );
}
