import type { PendingMutation } from "@tanstack/db";
import type { MutationContext } from "../client/operation-context.js";
import type { ErrorReason } from "../shared/error-reason.js";
import type { PendingWrites } from "./pending-writes.js";
import { inputWith, type TableRow, type WriteProcedure } from "./procedures.js";

export interface SendWritesOptions {
  readonly input: unknown;
  readonly writes: PendingWrites;
  /** Whether a write is to this collection. */
  readonly isOwn: (mutation: SentMutation) => boolean;
  readonly create?: WriteProcedure<never> | undefined;
  readonly update?: WriteProcedure<never> | undefined;
  readonly delete?: WriteProcedure<never> | undefined;
}

/** The part of a mutation that is sent. */
export type SentMutation = Pick<PendingMutation, "type" | "modified" | "original" | "changes"> & {
  readonly collection?: { readonly utils: object };
};

/**
 * Sends the writes of a transaction to the collection, one after the other, and resolves when the collection shows them. Each
 * write has its own key, also if the transaction has writes to other collections.
 *
 * @throws TRPCClientError of the first write that was refused or could not be sent. The ones before it are stored.
 */
export async function sendWrites(
  options: SendWritesOptions,
  mutations: readonly SentMutation[],
  idempotencyKey: string,
): Promise<void> {
  const confirmations: Promise<void>[] = [];
  for (const [index, mutation] of mutations.entries()) {
    if (!options.isOwn(mutation)) continue;
    const { input, id } = callOf(mutation);
    const option = mutation.type === "insert" ? "create" : mutation.type;
    const procedure = options[option];
    if (!procedure) {
      throw new Error(
        `The collection cannot ${mutation.type} rows. Pass the option \`${option}\` to userdoCollectionOptions().`,
      );
    }
    const write = options.writes.begin(mutation.type, id);
    let cursor: string | undefined;
    const context = {
      idempotencyKey: mutations.length === 1 ? idempotencyKey : `${idempotencyKey}.${index}`,
      onWritten: (written) => void (cursor = written?.cursor),
    } satisfies MutationContext & Record<string, unknown>;
    try {
      const result = await procedure.mutate(inputWith(options.input, input) as never, { context });
      confirmations.push(write.waitUntilShown({ cursor, result }));
    } catch (error) {
      if (!wasWritten(error)) {
        write.end();
        throw error;
      }
      confirmations.push(write.waitUntilShown({ cursor: undefined, result: undefined }));
    }
  }
  await Promise.all(confirmations);
}

/** Whether an earlier attempt succeeded, and only its result is too large for a repeat. */
function wasWritten(error: unknown): boolean {
  const reason = (error as { readonly data?: { readonly reason?: unknown } | null } | null)?.data?.reason;
  return reason === ("RESULT_NOT_KEPT" satisfies ErrorReason);
}

interface WriteCall {
  readonly id: string;
  readonly input: object;
}

function callOf({ type, modified, original, changes }: SentMutation): WriteCall {
  if (type === "insert") {
    const row = modified as TableRow;
    return { id: row.id, input: withoutDates(row) };
  }
  const { id } = original as TableRow;
  if (type === "delete") return { id, input: { id } };
  // A table keeps a field that is `undefined`, and clears one that is `null`.
  const set = Object.entries(withoutDates(changes)).map(([name, value]) => [name, value === undefined ? null : value]);
  return { id, input: { ...Object.fromEntries(set), id } };
}

/** The table sets the dates of its rows. */
function withoutDates(row: object): object {
  const { createdAt: _createdAt, updatedAt: _updatedAt, ...rest } = row as Record<string, unknown>;
  return rest;
}
