import { readSecrets, type AppSecrets } from "../shared/app-secrets.js";
import { ConfigurationError } from "../shared/configuration-error.js";
import type { ObjectNamespace } from "../shared/object-stub.js";

/** What the Worker's settings say, checked. */
export interface Configuration {
  readonly binding: string;
  readonly namespace: ObjectNamespace;
  readonly secrets: AppSecrets;
}

/** Settings do not change while a Worker runs: they are checked with the first request, not with each. */
const checked = new WeakMap<object, Map<string, Configuration>>();

/** @throws ConfigurationError when the binding or a secret is missing, too short or a sample */
export function readConfiguration(env: object, binding: string): Configuration {
  const known = checked.get(env)?.get(binding);
  if (known) return known;
  const configuration = { binding, namespace: readNamespace(env, binding), secrets: readSecrets(env) };
  const ofEnv = checked.get(env) ?? new Map<string, Configuration>();
  checked.set(env, ofEnv.set(binding, configuration));
  return configuration;
}

/** @throws ConfigurationError when the binding is missing */
export function readNamespace(env: object, binding: string): ObjectNamespace {
  const namespace = (env as Record<string, unknown>)[binding];
  if (!isNamespace(namespace)) {
    throw new ConfigurationError(
      `The binding ${binding} is missing. Add { "name": "${binding}", "class_name": … } to durable_objects.bindings ` +
        'in wrangler.jsonc, and the class to "new_sqlite_classes" of a migration.',
    );
  }
  return namespace;
}

/** The setting that an error is about; also the platform's own complaint about a class without SQLite storage. */
export function settingAtFault(error: unknown): ConfigurationError | undefined {
  if (error instanceof ConfigurationError) return error;
  const message = error instanceof Error ? error.message : "";
  if (!/SQL is not enabled|new_sqlite_classes/i.test(message)) return undefined;
  return new ConfigurationError(
    'The Durable Object class has no SQLite storage. Name it in "new_sqlite_classes" (not "new_classes") of a migration in wrangler.jsonc.',
  );
}

function isNamespace(value: unknown): value is ObjectNamespace {
  return typeof value === "object" && value !== null && "getByName" in value;
}
