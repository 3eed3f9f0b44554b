import type { OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import superjson, { type SuperJSONResult } from "superjson";
import { ResultWithCursor } from "../shared/reply-cursor.js";
import { OWN_CALL } from "./call-over-http.js";
import type { WriteAcks } from "./write-acks.js";
import { organizationIdOf } from "./organization-id-of.js";

/** superjson, which also reads the cursor that a reply has beside superjson's own keys. */
export const replyTransformer = {
  serialize: (value: unknown): SuperJSONResult => superjson.serialize(value),
  deserialize(payload: SuperJSONResult & { readonly cursor?: string }): unknown {
    const data: unknown = superjson.deserialize(payload);
    return payload.cursor === undefined ? data : new ResultWithCursor(data, payload.cursor);
  },
};

export interface WithWriteAcksOptions {
  readonly flushes: WriteAcks;
  /** A mutation is done, and the page's own live queries did not show it in time. */
  readonly onLiveTimeout: ((path: string) => void) | undefined;
}

/** Holds a mutation's reply until the page's own live queries show what it wrote. */
export function withWriteAcks(
  link: OperationLink<AnyTRPCRouter>,
  { flushes, onLiveTimeout }: WithWriteAcksOptions,
): OperationLink<AnyTRPCRouter> {
  return (chain) =>
    observable((observer) => {
      const { id, type, path, input } = chain.op;
      const mayWrite = type === "mutation" && id !== OWN_CALL;
      let shown = Promise.resolve();
      const subscription = link(chain).subscribe({
        next(value) {
          const { result } = value;
          const written = "data" in result && result.data instanceof ResultWithCursor ? result.data : undefined;
          if (!written && !mayWrite) return observer.next(value);
          const unwrapped: typeof value = written ? { ...value, result: { type: "data", data: written.data } } : value;
          shown = flushes.reached(organizationIdOf(input), written?.cursor).then((inTime) => {
            if (!inTime) onLiveTimeout?.(path);
            observer.next(unwrapped);
          });
          return undefined;
        },
        error: observer.error,
        complete: () => void shown.then(observer.complete),
      });
      return () => subscription.unsubscribe();
    });
}
