import type { OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import superjson, { type SuperJSONResult } from "superjson";
import { ResultWithCursor } from "../shared/reply-cursor.js";
import { OWN_CALL } from "./call-over-http.js";
import type { MutationContext } from "./operation-context.js";
import type { WriteAcks } from "./write-acks.js";
import { KeyedInput } from "./keyed-input.js";
import { organizationIdOf } from "./organization-id-of.js";

/** superjson, which also writes the key of a mutation and reads the cursor of a response next to superjson's own keys. */
export const callTransformer = {
  serialize: (value: unknown): SuperJSONResult =>
    value instanceof KeyedInput
      ? { ...superjson.serialize(value.input), ...value.attempt }
      : superjson.serialize(value),
  deserialize(payload: SuperJSONResult & { readonly cursor?: string }): unknown {
    const data: unknown = superjson.deserialize(payload);
    return payload.cursor === undefined ? data : new ResultWithCursor(data, payload.cursor);
  },
};

export interface WithWriteAcksOptions {
  readonly acks: WriteAcks;
  /** Called when the page's own live queries did not show a mutation in time. */
  readonly onLiveTimeout: ((path: string) => void) | undefined;
}

/** Delays the result of a mutation until the page's own live queries show its writes. */
export function withWriteAcks(
  link: OperationLink<AnyTRPCRouter>,
  { acks, onLiveTimeout }: WithWriteAcksOptions,
): OperationLink<AnyTRPCRouter> {
  return (chain) =>
    observable((observer) => {
      const { id, type, path, input, context } = chain.op;
      let delivered = Promise.resolve();
      return link(chain).subscribe({
        next(value) {
          const { data } = value.result as { readonly data?: unknown };
          const written = data instanceof ResultWithCursor ? data : undefined;
          if (!written && (type !== "mutation" || id === OWN_CALL)) return observer.next(value);
          (context as MutationContext).onWritten?.(written);
          const unwrapped: typeof value = written ? { ...value, result: { type: "data", data: written.data } } : value;
          delivered = acks.waitFor(organizationIdOf(input), written?.cursor).then((inTime) => {
            if (!inTime) onLiveTimeout?.(path);
            observer.next(unwrapped);
          });
          return undefined;
        },
        error: observer.error,
        complete: () => void delivered.then(observer.complete),
      });
    });
}
