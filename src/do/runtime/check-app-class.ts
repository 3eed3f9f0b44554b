import { ConfigurationError } from "../../shared/configuration-error.js";

/** The framework's methods, and what an app can do instead of replacing them. */
const alternatives: Readonly<Record<string, string>> = {
  alarm: "To run work at a certain time, schedule a procedure with ctx.schedule, or with this.schedule in the class.",
  fetch:
    "To answer requests of your own, add a method with another name and call it through getUserDO(env.BINDING, { userId }).",
  webSocketMessage: "To receive messages of your own, use a procedure: clients can call it over the socket.",
  webSocketClose: "To know who is connected, use a subscription: its generator ends when the socket closes.",
  webSocketError: "To know who is connected, use a subscription: its generator ends when the socket closes.",
  trpc: "Rename it.",
  trpcRead: "Rename it.",
  internal: "Rename it.",
  internalRead: "Rename it.",
};
const names = Object.keys(alternatives);

/**
 * Rejects a class of the app that replaces a method of the framework. Without the framework's alarm no mail is sent, and
 * without its socket handlers no live query works, and nothing would report it. A method may call `super`, and a wrapper may
 * call the original.
 *
 * @param base the prototype with the framework's methods
 * @throws ConfigurationError with the names of the class and the method, and the alternative
 */
export function checkAppClass(instance: object, base: object): void {
  for (let own = instance; own !== base; own = Object.getPrototypeOf(own) as object) {
    // This check runs at every wake, so the error is only built if a method is replaced.
    const name = names.find((each) => Object.hasOwn(own, each) && isReplaced(own, each));
    if (name === undefined) continue;
    throw new ConfigurationError(
      `The class ${instance.constructor.name} replaces ${name}() of createUserDO's class, so the framework's own ${name}() never ` +
        `runs. Call super.${name}(…) in it, or remove it. ${alternatives[name]}`,
    );
  }
}

function isReplaced(own: object, name: string): boolean {
  const method: unknown = Object.getOwnPropertyDescriptor(own, name)?.value;
  return typeof method === "function" && !canCallOriginal(method, name);
}

/**
 * Whether a method can call the one that it replaces, according to its source code. Tracing libraries wrap methods in
 * functions that call the original with `apply` or `call`, or in a Proxy, whose source is not visible.
 */
function canCallOriginal(method: unknown, name: string): boolean {
  const source = String(method);
  return [`super.${name}`, `super["${name}"]`, "apply(", "call(", "[native code]"].some((text) =>
    source.includes(text),
  );
}
