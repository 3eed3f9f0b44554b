import { readSecrets, type AppSecrets } from "../shared/app-secrets.js";
import { ConfigurationError } from "../shared/configuration-error.js";
import { bindingsOf, isDurableObjectNamespace } from "../shared/object-bindings.js";
import type { ObjectNamespace } from "../shared/object-stub.js";

/** What the Worker's settings say, checked. */
export interface Configuration {
  readonly binding: string;
  readonly namespace: ObjectNamespace;
  readonly secrets: AppSecrets;
}

/** Settings do not change while a Worker runs: they are checked with the first request, not with each. */
const checked = new WeakMap<object, Map<string, Configuration>>();

/** @throws ConfigurationError when the binding or a secret is missing, too short or a sample, or the binding is the second one of its class */
export function readConfiguration(env: object, binding: string): Configuration {
  const known = checked.get(env)?.get(binding);
  if (known) return known;
  const configuration = { binding, namespace: readNamespace(env, binding), secrets: readSecrets(env) };
  const ofEnv = checked.get(env) ?? new Map<string, Configuration>();
  checked.set(env, ofEnv.set(binding, configuration));
  return configuration;
}

/** @throws ConfigurationError when the binding is missing, or is the second one of its class */
export function readNamespace(env: object, binding: string): ObjectNamespace {
  const namespace = (env as Record<string, unknown>)[binding];
  if (!isNamespace(namespace)) {
    throw new ConfigurationError(
      `The binding ${binding} is missing. Add { "name": "${binding}", "class_name": … } to durable_objects.bindings ` +
        'in wrangler.jsonc, and the class to "new_sqlite_classes" of a migration.',
    );
  }
  assertOneBinding(env, binding, namespace);
  return namespace;
}

/** Bindings that were found to be the only one of their class, or the first of several. */
const assured = new WeakMap<object, Set<string>>();

/**
 * Objects sign their tokens for the first binding of their class. Through a second binding another tenant would reach
 * the first one's users, and set cookies that are then refused.
 *
 * @throws ConfigurationError when an earlier binding leads to the same class
 */
function assertOneBinding(env: object, binding: string, namespace: ObjectNamespace): void {
  if (assured.get(env)?.has(binding) || !isDurableObjectNamespace(namespace)) return;
  const [first] = bindingsOf(String(namespace.idFromName("binding-check")), env);
  if (first && first.binding !== binding) {
    throw new ConfigurationError(
      `The bindings ${first.binding} and ${binding} lead to the same Durable Object class, so they would share users. ` +
        `Use ${first.binding} here too, or give ${binding} a class of its own: ` +
        "`export class SecondDO extends createUserDO(appRouter) {}`.",
    );
  }
  assured.set(env, (assured.get(env) ?? new Set()).add(binding));
}

/** The setting that an error is about; also the platform's own complaint about a class without SQLite storage. */
export function settingAtFault(error: unknown): ConfigurationError | undefined {
  if (error instanceof ConfigurationError) return error;
  const message = error instanceof Error ? error.message : "";
  // Thrown by the constructor of an object: over RPC the error loses its class.
  if (/^(ConfigurationError: )?The class \w* ?replaces \w+\(\) of createUserDO's class/.test(message))
    return new ConfigurationError(message.replace("ConfigurationError: ", ""));
  if (/does not implement "trpc"/.test(message))
    return new ConfigurationError(
      "The class of the Durable Object binding does not extend createUserDO's. Write `export class BlogDO extends " +
        "createUserDO(appRouter) {}`, and name that class in `class_name` of the binding.",
    );
  if (!/SQL is not enabled|new_sqlite_classes/i.test(message)) return undefined;
  return new ConfigurationError(
    'The Durable Object class has no SQLite storage. Name it in "new_sqlite_classes" (not "new_classes") of a migration in wrangler.jsonc.',
  );
}

function isNamespace(value: unknown): value is ObjectNamespace {
  return typeof value === "object" && value !== null && "getByName" in value;
}
