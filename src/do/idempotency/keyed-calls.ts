import { ReasonedError } from "../../router/reasoned-error.js";
import type { Call, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { callIdOf, hashInput } from "./call-id.js";
import type { IdempotencyPruner } from "./idempotency-pruner.js";
import type { LastCalls } from "./last-calls.js";
import type { CallId } from "./idempotency-store.js";
import { fromColumns, toReply } from "./kept-reply.js";
import { KeyedCall, type KeyedCallOptions } from "./keyed-call.js";

export interface KeyedCallsOptions extends Pick<KeyedCallOptions, "store"> {
  /** The calls that are still known after the object was deleted. */
  readonly lastCalls: LastCalls;
  readonly pruner: IdempotencyPruner;
  /** The secret of the hashes of inputs. */
  readonly secret: () => string;
  readonly isInitialized: () => boolean;
}

/** A mutation with a key, of an authorized caller. */
export interface KeyedMutation extends Pick<KeyedCallOptions, "isRepeatable"> {
  readonly caller: Caller;
  readonly call: Pick<Call, "path" | "input"> & { readonly idempotencyKey: string };
  /** Whether the caller writes the serialized result into a response or a frame. */
  readonly wantsText: boolean;
  /** Checks the permissions of the caller before a repeat gets an earlier reply. @throws the error of the check */
  readonly authorizeRepeat: () => Promise<void>;
  /** Called before the first run. Returns the function that returns the position in the change log after its writes. */
  readonly trackWrites: () => KeyedCallOptions["writeCursor"];
  /** Runs the mutation. Never rejects. */
  readonly run: (keyed?: KeyedCall) => Promise<Reply>;
  /** Whether the client of the run has left. */
  readonly isInterrupted: () => boolean;
}

/** Runs mutations with keys once, and replies to repeats. */
export interface KeyedCalls {
  /**
   * Runs a mutation, or returns the reply of an earlier call with the same key. A repeat waits for a call that is still running.
   *
   * @throws ReasonedError CONFLICT (IDEMPOTENCY_KEY_REUSED, OUTCOME_UNKNOWN, RESULT_NOT_KEPT), and the errors of `authorizeRepeat`
   */
  run(mutation: KeyedMutation): Promise<Reply>;

  /** Returns the reply of a successful earlier call with the same key and input. Never rejects. */
  find(caller: Caller, call: KeyedMutation["call"], wantsText: boolean): Promise<Reply | undefined>;
}

export function createKeyedCalls(options: KeyedCallsOptions): KeyedCalls {
  const { store, lastCalls, pruner, secret, isInitialized } = options;
  /** The first calls that are running, by their ids. */
  const running = new Map<string, KeyedCall>();

  async function runFirst(mutation: KeyedMutation, name: string, keyed: KeyedCall): Promise<Reply> {
    running.set(name, keyed);
    try {
      const reply = await mutation.run(keyed);
      // A mutation that deletes the object deletes the table.
      return isInitialized() ? keyed.end(reply, mutation.isInterrupted()) : reply;
    } finally {
      running.delete(name);
      keyed.abandon();
    }
  }

  return {
    async run(mutation) {
      const { caller, call, wantsText, isRepeatable } = mutation;
      const id = callIdOf(caller, call.idempotencyKey);
      const name = nameOf(id);
      const path = call.path;
      const input = hashInput(call.input, secret());
      for (;;) {
        const first = running.get(name);
        if (!first) break;
        if (!first.matches({ path, input })) throw keyReused();
        const kept = await first.outcome();
        if (!kept) continue;
        await mutation.authorizeRepeat();
        return toReply(kept, wantsText);
      }
      // The first call may have deleted the object while this one waited.
      const stored = isInitialized() ? store.find(id) : lastCalls.find(id);
      if (stored) {
        if (stored.path !== path || stored.input !== input) throw keyReused();
        await mutation.authorizeRepeat();
        return toReply(fromColumns(stored), wantsText);
      }
      if (!isInitialized()) return mutation.run();
      const writeCursor = mutation.trackWrites();
      return runFirst(mutation, name, new KeyedCall({ id, path, input, store, pruner, isRepeatable, writeCursor }));
    },

    async find(caller, { path, input: value, idempotencyKey }, wantsText) {
      const id = callIdOf(caller, idempotencyKey);
      const input = hashInput(value, secret());
      const first = running.get(nameOf(id));
      // Until it has ended, it can still fail.
      const kept = first?.matches({ path, input }) ? await first.outcome() : undefined;
      if (kept?.ok && kept.text !== undefined) return toReply(kept, wantsText);
      const stored = isInitialized() ? store.find(id) : lastCalls.find(id);
      const isSame = stored?.path === path && stored.input === input;
      if (!isSame || stored.state !== "done" || stored.reply === undefined) return undefined;
      return toReply(fromColumns(stored), wantsText);
    },
  };
}

function nameOf({ caller, session, key }: CallId): string {
  return `${caller} ${session} ${key}`;
}

function keyReused(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "IDEMPOTENCY_KEY_REUSED",
    message:
      "The idempotency key was used for another mutation, or with another input. Create a key for each mutation.",
  });
}
