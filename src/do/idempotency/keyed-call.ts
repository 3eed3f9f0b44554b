import { isThenable } from "../../router/runner/is-thenable.js";
import type { Reply } from "../../shared/call.js";
import type { IdempotencyPruner } from "./idempotency-pruner.js";
import { bytesOf, type CallId, type CallState, type IdempotencyStore, type StoredCall } from "./idempotency-store.js";
import { keptReplyOf, plainText, toColumns, withinLimit, type KeptReply } from "./kept-reply.js";

export interface KeyedCallOptions extends Pick<StoredCall, "path" | "input"> {
  readonly id: CallId;
  readonly store: IdempotencyStore;
  readonly pruner: Pick<IdempotencyPruner, "onPut">;
  /** Whether the resolver may run again as long as it has not committed. */
  readonly isRepeatable: boolean;
  /** Returns the position in the change log after the writes of the call. `undefined`: the reply has no position. */
  readonly writeCursor: (() => string | undefined) | undefined;
}

/** The first run of a mutation with a key. It stores its state in the transactions of its effects. */
export class KeyedCall {
  readonly #options: KeyedCallOptions;
  /** The last stored state, or one that was rolled back since. */
  #state: CallState | undefined;
  /** The stored result of a synchronous resolver. */
  #text: string | undefined;
  #cursor: string | undefined;
  #outcome: PromiseWithResolvers<KeptReply | undefined> | undefined;

  constructor(options: KeyedCallOptions) {
    this.#options = options;
  }

  /** Whether a call is a repeat of this one. */
  matches({ path, input }: Pick<StoredCall, "path" | "input">): boolean {
    return this.#options.path === path && this.#options.input === input;
  }

  /** Resolves when the call has ended. `undefined` if it had no effect, and a repeat runs again. */
  outcome(): Promise<KeptReply | undefined> {
    return (this.#outcome ??= Promise.withResolvers()).promise;
  }

  /**
   * Stores the result of the resolver. Call it in the transaction of the resolver.
   *
   * @param isUnparsed whether the reply is not known yet, because a parser can still remove something from the result
   */
  readonly onResolved = (result: unknown, isUnparsed = false): void => {
    if (isThenable(result)) {
      if (!this.#options.isRepeatable && this.#state === undefined) this.#put({ state: "running" });
      return;
    }
    this.#text = isUnparsed ? undefined : textOf(result);
    if (this.#text === undefined) return this.#put({ state: "committed" });
    this.#cursor = this.#options.writeCursor?.();
    this.#put({ state: "done", reply: withinLimit(this.#text), cursor: this.#cursor });
  };

  /** Stores that the effects of an async resolver are complete. Call it in the transaction of the effects. */
  onCommit(): void {
    this.#put({ state: "committed" });
  }

  /**
   * Stores the reply, unless the resolver's transaction stored the same.
   *
   * @param isInterrupted whether the call ended because its client left
   * @returns the reply with the position in the change log that repeats get too
   */
  end(reply: Reply, isInterrupted: boolean): Reply {
    if (!reply.ok) {
      const kept = keptReplyOf(reply);
      const isFinal = this.#storeError(kept, isInterrupted);
      this.#outcome?.resolve(isFinal ? kept : undefined);
      return reply;
    }
    // The transaction of a synchronous resolver has stored the cursor, or that there is none.
    const cursor = this.#text === undefined ? this.#options.writeCursor?.() : this.#cursor;
    const replied = { ...reply, cursor };
    const kept = keptReplyOf(replied);
    if (this.#text === undefined || !kept.ok || kept.text !== this.#text) this.#put(toColumns(kept));
    this.#outcome?.resolve(kept);
    return replied;
  }

  /** Ends the call without a reply. Repeats find what is stored. */
  abandon(): void {
    this.#outcome?.resolve(undefined);
  }

  /** @returns whether repeats get the error; otherwise they look at the stored state */
  #storeError(kept: KeptReply, isInterrupted: boolean): boolean {
    // An exception rolls the transaction of a synchronous resolver back, and with it the row.
    const stored = this.#state && this.#options.store.find(this.#options.id);
    if (isInterrupted) return false;
    if (!stored) return true;
    const isIncomplete = stored.state === "running" || stored.state === "committed";
    if (isIncomplete && isTemporary(kept)) return false;
    this.#put(toColumns(kept));
    return true;
  }

  #put({ state, reply, cursor }: Pick<StoredCall, "state"> & Partial<StoredCall>): void {
    const { id, path, input, store, pruner } = this.#options;
    const isFirst = this.#state === undefined;
    const call = { path, input, state, reply, cursor };
    store.put(id, call, { isFirst });
    this.#state = state;
    pruner.onPut(bytesOf(call), { isFirst });
  }
}

/** A result that superjson rejects fails the call after its effects. */
function textOf(result: unknown): string | undefined {
  try {
    return plainText(result);
  } catch {
    return undefined;
  }
}

/** Whether an error can go away by itself. The client sends the call again, so the error must not be its reply for good. */
function isTemporary(kept: KeptReply): boolean {
  const status = kept.ok ? undefined : kept.error.data.httpStatus;
  return status === 429 || status === 503;
}
