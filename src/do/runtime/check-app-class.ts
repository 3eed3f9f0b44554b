import { ConfigurationError } from "../../shared/configuration-error.js";

/** The methods that the framework needs, and what an app may do instead of replacing them. */
const methods: Readonly<Record<string, string>> = {
  alarm:
    "To run work at a certain time, call a procedure through createCaller(env.BINDING) from a cron trigger or a queue.",
  fetch:
    "To answer requests of your own, add a method with another name and call it through getUserDO(env.BINDING, { userId }).",
  webSocketMessage: "To receive messages of your own, use a procedure: clients can call it over the socket.",
  webSocketClose: "To know who is connected, use a subscription: its generator ends when the socket closes.",
  webSocketError: "To know who is connected, use a subscription: its generator ends when the socket closes.",
  trpc: "Rename it.",
  internal: "Rename it.",
};

/**
 * Refuses a class of the app that replaces a method of the framework: without the framework's alarm no mail would be sent, and
 * without its socket handlers no live query would be answered, in both cases silently. A method that calls `super` is fine, and so is a wrapper.
 *
 * @param base the prototype that the framework's methods are on
 * @throws ConfigurationError that names the class, the method and the alternative
 */
export function checkAppClass(instance: object, base: object): void {
  for (let own = instance; own !== base; own = Object.getPrototypeOf(own) as object) {
    for (const [name, alternative] of Object.entries(methods)) {
      const method: unknown = Object.getOwnPropertyDescriptor(own, name)?.value;
      if (typeof method !== "function" || mayCallReplaced(method, name)) continue;
      throw new ConfigurationError(
        `The class ${instance.constructor.name} replaces ${name}() of createUserDO's class, so the framework's own ${name}() never ` +
          `runs. Call super.${name}(…) in it, or remove it. ${alternative}`,
      );
    }
  }
}

/**
 * Whether a method may call the one that it replaces, by its source: nothing else says what a method calls. Tracing libraries
 * wrap methods in functions that call the original by `apply` or `call`, or in a Proxy, which shows no source.
 */
function mayCallReplaced(method: unknown, name: string): boolean {
  const source = String(method);
  return [`super.${name}`, `super["${name}"]`, "apply(", "call(", "[native code]"].some((text) =>
    source.includes(text),
  );
}
