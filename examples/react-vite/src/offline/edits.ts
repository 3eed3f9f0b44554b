import { NonRetriableError, startOfflineExecutor, type StorageAdapter } from "@tanstack/offline-transactions";
import { createTransaction } from "@tanstack/react-db";
import { TRPCClientError } from "@trpc/client";
import { isRefused } from "trpc-userdo/tanstack-db";
import { describeError, describeField } from "../describe-error.ts";
import type { AppRouter } from "../../worker/router.ts";
import { applyEdit, readEdit, type Edit, type Tasks } from "./edit.ts";
import { createRefusedEdits } from "./refused-edits.ts";
import type { RefusedEdit } from "./stored-values.ts";
import { createTabElection } from "./tab-election.ts";
import type { UserStore } from "./user-store.ts";

/** A message between the tabs of a user. */
type Message =
  | { readonly type: "hello" | "refusedChanged" }
  | { readonly type: "open"; readonly edits: readonly Edit[] }
  | { readonly type: "completed"; readonly id: string; readonly isRefused: boolean };

/** The edits that were not sent yet, and those that were refused. */
export interface EditsState {
  readonly open: readonly Edit[];
  readonly refused: readonly RefusedEdit[];
}

export interface OfflineEdits {
  submit(edit: Edit): void;
  dismiss(id: string): void;
  state(): EditsState;
  listen(listener: () => void): () => void;
  close(): void;
}

/**
 * Stores the edits of all tabs in one of them, which sends them in order. The other tabs pass their edits on to it, and show
 * the edits of all tabs until they are sent.
 */
export function createOfflineEdits(tasks: Tasks, store: UserStore, userId: string): OfflineEdits {
  const channel = new BroadcastChannel(`edits of ${userId}`);
  const listeners = new Set<() => void>();
  const open = new Map<string, Edit>();
  const completedIds = new Set<string>();
  /** Ends the optimistic edits that another tab sends. */
  const optimisticEdits = new Map<string, (outcome: "sent" | "hidden") => void>();
  const refused = createRefusedEdits(store, changed);
  let state: EditsState = { open: [], refused: [] };
  let isClosed = false;

  const executor = startOfflineExecutor({
    collections: { tasks },
    // The other tabs get an edit when it is stored, so that the next elected tab finds it.
    storage: outboxOf(store, (edit) => post({ type: "open", edits: [edit] })),
    leaderElection: createTabElection(`edits of ${userId}`),
    onLeadershipChange: (isLeader) => void (isLeader && takeOver()),
    mutationFns: {
      async write({ transaction, idempotencyKey }) {
        // The executor still sends after `dispose()`, and by then another user may have signed in.
        if (isClosed) throw new Error("The user signed out.");
        const edit = readEdit(transaction.metadata);
        if (!edit) throw new NonRetriableError("The stored edit is not valid.");
        // A tab that was closed may have stored the edit after this one did.
        if (completedIds.has(edit.id)) return;
        try {
          await tasks.utils.send(transaction, { idempotencyKey });
        } catch (error) {
          if (isClosed || !isRefused(error)) throw new Error("The edit could not be sent yet.", { cause: error });
          await refused.add({ id: edit.id, label: edit.label, reason: sentenceFor(error) });
          completeEdit(edit.id, true);
          throw new NonRetriableError(error.message);
        }
        completeEdit(edit.id, false);
      },
    },
  });

  const post = (message: Message): void => void (isClosed || channel.postMessage(message));

  function changed(): void {
    state = { open: [...open.values()], refused: refused.all() };
    for (const listener of listeners) listener();
  }

  function completeEdit(id: string, wasRefused: boolean): void {
    completedIds.add(id);
    open.delete(id);
    optimisticEdits.get(id)?.(wasRefused ? "hidden" : "sent");
    post({ type: "completed", id, isRefused: wasRefused });
    changed();
  }

  /** Stores an edit, and sends it when that is possible. */
  function persist(edit: Edit): void {
    const options = { mutationFnName: "write", idempotencyKey: edit.id, autoCommit: false, metadata: { edit } };
    const transaction = executor.createOfflineTransaction(options);
    try {
      transaction.mutate(() => applyEdit(tasks, edit));
    } catch {
      // Another edit has deleted the task.
      return completeEdit(edit.id, false);
    }
    // A refused edit is in the list.
    void transaction.commit().catch(() => {});
  }

  /** Shows an edit that another tab sends. */
  function show(edit: Edit): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const transaction = createTransaction({ mutationFn: () => promise });
    transaction.isPersisted.promise.catch(() => {});
    optimisticEdits.set(edit.id, (outcome) => {
      optimisticEdits.delete(edit.id);
      if (outcome === "sent") resolve();
      else reject(new Error("The edit is not shown any more."));
    });
    try {
      transaction.mutate(() => applyEdit(tasks, edit));
    } catch {
      // This tab does not have the task.
      optimisticEdits.delete(edit.id);
    }
  }

  function add(edit: Edit): void {
    if (open.has(edit.id) || completedIds.has(edit.id)) return;
    open.set(edit.id, edit);
    if (executor.isOfflineEnabled) persist(edit);
    else show(edit);
    changed();
  }

  /** Called when this tab is elected: at the start, or because the elected tab was closed. */
  async function takeOver(): Promise<void> {
    for (const hide of optimisticEdits.values()) hide("hidden");
    const stored = new Map<string, Edit>();
    for (const { idempotencyKey, metadata } of await executor.peekOutbox()) {
      const edit = readEdit(metadata);
      if (edit) stored.set(idempotencyKey, edit);
    }
    const unsaved = [...open.values()].filter(({ id }) => !stored.has(id));
    for (const [id, edit] of stored) if (!completedIds.has(id)) open.set(id, edit);
    for (const edit of unsaved) persist(edit);
    post({ type: "open", edits: [...open.values()] });
    post({ type: "hello" });
    changed();
  }

  channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
    switch (data.type) {
      case "hello":
        if (open.size > 0) post({ type: "open", edits: [...open.values()] });
        return;
      case "open":
        return data.edits.forEach(add);
      case "completed":
        completedIds.add(data.id);
        open.delete(data.id);
        optimisticEdits.get(data.id)?.(data.isRefused ? "hidden" : "sent");
        if (data.isRefused) void refused.read();
        return changed();
      case "refusedChanged":
        return void refused.read();
    }
  });
  post({ type: "hello" });
  void refused.read();

  return {
    submit(edit) {
      add(edit);
      if (!executor.isOfflineEnabled) post({ type: "open", edits: [edit] });
    },
    dismiss(id) {
      void refused.dismiss(id).then(() => post({ type: "refusedChanged" }));
    },
    state: () => state,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      isClosed = true;
      channel.close();
      executor.dispose();
    },
  };
}

const OUTBOX = "outbox:";

/** The storage of the edits, in the user's own database. */
function outboxOf(store: UserStore, onStored: (edit: Edit) => void): StorageAdapter {
  const keys = async (): Promise<string[]> =>
    (await store.keys()).flatMap((key) => (key.startsWith(OUTBOX) ? [key.slice(OUTBOX.length)] : []));

  return {
    get: async (key) => (await store.get(`${OUTBOX}${key}`)) ?? null,
    async set(key, value) {
      await store.set(`${OUTBOX}${key}`, value);
      const { metadata }: { readonly metadata?: unknown } = JSON.parse(value);
      const edit = readEdit(metadata);
      if (edit) onStored(edit);
    },
    delete: (key) => store.delete(`${OUTBOX}${key}`),
    keys,
    async clear() {
      for (const key of await keys()) await store.delete(`${OUTBOX}${key}`);
    },
  };
}

function sentenceFor(error: Error): string {
  if (!(error instanceof TRPCClientError)) return error.message;
  const known: TRPCClientError<AppRouter> = error;
  return describeField(known, "title") ?? describeError(known) ?? known.message;
}
