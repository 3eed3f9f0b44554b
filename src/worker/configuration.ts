import { readSecrets, type AppSecrets } from "../shared/app-secrets.js";
import { ConfigurationError, isConfigurationError } from "../shared/configuration-error.js";
import {
  bindingsOf,
  exportedClasses,
  isDurableObjectNamespace,
  type ObjectBinding,
} from "../shared/object-bindings.js";
import type { Jurisdiction } from "../shared/jurisdiction.js";
import type { AppNamespace, ObjectNamespace } from "../shared/object-stub.js";
import { workersModule } from "../shared/workers-module.js";

/** The Worker's settings, validated. */
export interface Configuration {
  readonly binding: string;
  readonly namespace: AppNamespace;
  readonly secrets: AppSecrets;
}

export interface ReadConfigurationOptions {
  readonly appJurisdiction: Jurisdiction | undefined;
  /**
   * `ctx.exports`
   * @default the exports in the module of the runtime
   */
  readonly exported?: object | undefined;
}

/** Settings do not change while a Worker runs, so only the first request validates them. */
const configurations = new WeakMap<object, Map<string | undefined, Configuration>>();

/**
 * Reads and validates the settings.
 *
 * @param binding the name of the binding; `undefined` for the only Durable Object class among the exports of the Worker
 * @throws ConfigurationError if the binding is missing or is the second one of its class, or a secret is missing, too short
 * or a sample
 */
export function readConfiguration(
  env: object,
  binding: string | undefined,
  { appJurisdiction, exported }: ReadConfigurationOptions,
): Configuration {
  const known = configurations.get(env)?.get(binding);
  if (known && known.namespace.appJurisdiction === appJurisdiction) return known;
  const found = readBinding(env, binding, exported);
  const namespace = { objects: found.namespace, appJurisdiction };
  const configuration = { binding: found.binding, namespace, secrets: readSecrets(env) };
  const byBinding = configurations.get(env) ?? new Map<string | undefined, Configuration>();
  configurations.set(env, byBinding.set(binding, configuration));
  return configuration;
}

/**
 * Finds the class of the app: by the name of its binding, or, without one, among the exports of the Worker.
 *
 * @throws ConfigurationError if the binding is missing or is the second one of its class, or if the Worker does not export
 * exactly one class
 */
export function readBinding(
  env: object,
  binding: string | undefined,
  exported: object | undefined = workersModule?.exports,
): ObjectBinding {
  if (binding !== undefined) return { binding, namespace: readNamespace(env, binding) };
  const [only, ...others] = exportedClasses(exported);
  if (!only) {
    throw new ConfigurationError(
      "The Worker exports no Durable Object class with storage. Export the class from the main module, and add " +
        '{ "BlogDO": { "type": "durable-object", "storage": "sqlite" } } to exports in wrangler.jsonc. If the class belongs to ' +
        "another Worker, set the option `binding`.",
    );
  }
  if (others.length > 0) {
    const names = [only, ...others].map((each) => each.binding).join(", ");
    throw new ConfigurationError(
      `The Worker exports several Durable Object classes: ${names}. Set the option \`binding\` to the name of one binding in ` +
        "durable_objects.bindings of wrangler.jsonc.",
    );
  }
  // A binding keeps its name, because the name is the audience of tokens that were signed before.
  const [bound] = bindingsOf(String(only.namespace.idFromName("binding-check")), env);
  return bound ?? only;
}

/** @throws ConfigurationError if the binding is missing or is the second one of its class */
function readNamespace(env: object, binding: string): ObjectNamespace {
  const namespace = (env as Record<string, unknown>)[binding];
  if (!isNamespace(namespace)) {
    throw new ConfigurationError(
      `The binding ${binding} is missing. Add { "name": "${binding}", "class_name": … } to durable_objects.bindings ` +
        'in wrangler.jsonc, and the class with "storage": "sqlite" to exports.',
    );
  }
  assertOneBinding(env, binding, namespace);
  return namespace;
}

/** The bindings that are the only one of their class, or the first of several. */
const firstBindings = new WeakMap<object, Set<string>>();

/**
 * Objects sign their tokens for the first binding of their class. A second binding would give another tenant access to the
 * users of the first, and its cookies would then be refused.
 *
 * @throws ConfigurationError if an earlier binding has the same class
 */
function assertOneBinding(env: object, binding: string, namespace: ObjectNamespace): void {
  if (firstBindings.get(env)?.has(binding) || !isDurableObjectNamespace(namespace)) return;
  const [first] = bindingsOf(String(namespace.idFromName("binding-check")), env);
  if (first && first.binding !== binding) {
    throw new ConfigurationError(
      `The bindings ${first.binding} and ${binding} have the same Durable Object class, so they would share users. ` +
        `Use ${first.binding} here too, or give ${binding} a class of its own: ` +
        "`export class SecondDO extends createUserDO(appRouter) {}`.",
    );
  }
  firstBindings.set(env, (firstBindings.get(env) ?? new Set()).add(binding));
}

/**
 * Finds the wrong setting behind an error; `undefined` for an error that is not about a setting.
 *
 * The platform's own errors about a class have no code, so their messages identify them.
 */
export function configurationErrorOf(error: unknown): ConfigurationError | undefined {
  if (isConfigurationError(error)) return error;
  const message = error instanceof Error ? error.message : "";
  // With an older compatibility date, RPC keeps only the message of an error that a constructor threw.
  const [, own] =
    /^(?:ConfigurationError: )?(The class \w* ?replaces \w+\(\) of createUserDO's class.*)/s.exec(message) ?? [];
  if (own !== undefined) return new ConfigurationError(own);
  if (/does not implement (the method )?"trpc"/.test(message))
    return new ConfigurationError(
      "The class of the Durable Object binding does not extend createUserDO's. Write `export class BlogDO extends " +
        "createUserDO(appRouter) {}`, and name that class in `class_name` of the binding.",
    );
  if (message.startsWith("SQL is not enabled"))
    return new ConfigurationError(
      'The Durable Object class has no SQLite storage. Add it with "storage": "sqlite" to exports in wrangler.jsonc, or to ' +
        '"new_sqlite_classes" (not "new_classes") of a migration.',
    );
  return undefined;
}

function isNamespace(value: unknown): value is ObjectNamespace {
  return typeof value === "object" && value !== null && "getByName" in value;
}
