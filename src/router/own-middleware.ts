import { checkHere } from "./check-place.js";

interface NextOptions {
  readonly ctx?: object | undefined;
}

interface MiddlewareOptions {
  readonly ctx: object;
  readonly meta: unknown;
  readonly input: unknown;
  readonly getRawInput: () => Promise<unknown>;
  next(options?: NextOptions): unknown;
}

export type Middleware = (options: MiddlewareOptions) => unknown;

/** The call that a context was made for, by what reads its input: tRPC hands that on unchanged. */
const callOf = new WeakMap<object, MiddlewareOptions["getRawInput"]>();

/** Says which call a context is made for. Where the app's own code makes another call with it, that gets a copy. */
export function makeContextFor(getRawInput: MiddlewareOptions["getRawInput"], ctx: object): void {
  callOf.set(ctx, getRawInput);
}

/**
 * A middleware of the app's, which runs only where its procedure belongs.
 *
 * tRPC copies the context for what a middleware adds to it, and a copy reads all that a procedure would read only if it
 * used it: rows, a member's role that the app itself has none of, and in a live query what is the caller's own. Here it
 * is added to the call's own context as it is, and what is behind a getter stays there.
 */
export function inItsPlace(middleware: Middleware): Middleware {
  const own: Middleware = (options) => {
    checkHere({ ctx: options.ctx, meta: options.meta });
    const next = (given?: NextOptions): unknown => {
      if (!given?.ctx || callOf.get(options.ctx) !== options.getRawInput) return options.next(given);
      const { ctx: added, ...rest } = given;
      addTo(options.ctx, added);
      return options.next(rest);
    };
    return middleware({ ...options, next });
  };
  // With what it is marked with.
  return Object.assign(own, middleware);
}

function addTo(ctx: object, added: object): void {
  for (const key of Reflect.ownKeys(added)) {
    const property = Object.getOwnPropertyDescriptor(added, key);
    if (property?.enumerable) Object.defineProperty(ctx, key, property);
  }
}
