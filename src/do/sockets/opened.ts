import type { LiveRequest } from "../../router/live/live-request.js";
import type { SourceDescription } from "../change-log/change-source.js";

/** The result of a subscription's procedure, ready to be delivered. */
export type OpenedResult =
  | { readonly kind: "source"; readonly source: SourceDescription }
  | { readonly kind: "live"; readonly request: LiveRequest }
  | {
      readonly kind: "iterable";
      readonly iterable: AsyncIterable<unknown>;
      /** Calls back for each table that the generator awaits, from now on. */
      readonly onListen: (listener: (table: string) => void) => void;
      readonly controller: AbortController;
    };
