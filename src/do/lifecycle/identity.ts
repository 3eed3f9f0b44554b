import { readSecrets, type AppSecrets } from "../../shared/app-secrets.js";
import { ConfigurationError } from "../../shared/configuration-error.js";
import { bindingsOf } from "../../shared/object-bindings.js";
import type { Jurisdiction } from "../../shared/jurisdiction.js";
import type { AppNamespace } from "../../shared/object-stub.js";

/** The app of an object: its binding, its objects, and the secrets. */
export interface AppIdentity {
  /** The name of the binding, which is the audience of every token. */
  readonly binding: string;
  readonly namespace: AppNamespace;
  readonly secrets: AppSecrets;
}

/**
 * Finds the binding of the object's own class: the first namespace that recognizes the object's id, in `env` or, without a
 * binding, among the exports of the Worker. The class therefore needs no option that could name a wrong binding, and an
 * object cannot address objects of another app. The Worker rejects requests through any further binding of the same class.
 *
 * @throws ConfigurationError if no binding belongs to this class, or a secret is missing or not valid
 */
export function identifyApp(
  { id, exports }: Pick<DurableObjectState, "id" | "exports">,
  { env, appJurisdiction }: { readonly env: object; readonly appJurisdiction: Jurisdiction | undefined },
): AppIdentity {
  const name = id.toString();
  const [first] = [...bindingsOf(name, env), ...bindingsOf(name, exports ?? {})];
  if (first) {
    const { binding, namespace: objects } = first;
    return { binding, namespace: { objects, appJurisdiction }, secrets: readSecrets(env) };
  }
  throw new ConfigurationError(
    "No binding belongs to this Durable Object's own class. Add the class to `exports` or one to `durable_objects.bindings` in wrangler.jsonc.",
  );
}
