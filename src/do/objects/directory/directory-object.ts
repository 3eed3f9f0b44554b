import { wrongObject } from "../../../router/wrong-object.js";
import type { Delivery, InternalRequest, Receipt } from "../../../shared/internal.js";
import { stubOf } from "../../../shared/object-stub.js";
import { sendInternal } from "../../../shared/send-internal.js";
import { createChangeFeed, feedSchema } from "../../directory/change-feed.js";
import { messageAbout, type DirectoryMessages } from "../../directory/directory-messages.js";
import { directoryTables } from "../../directory/directory-schema.js";
import { createEntryLists } from "../../directory/entry-lists.js";
import { createEntryStore } from "../../directory/entry-store.js";
import { createMoves, shardsSchema } from "../../directory/move-entries.js";
import { createRebuild, rebuildSchema } from "../../directory/rebuild.js";
import { shardOf } from "../../directory/shard-of.js";
import { createLifecycle } from "../../lifecycle/lifecycle.js";
import { createOutboxStore, outboxTables } from "../../messaging/outbox-store.js";
import { createFrameworkSchema } from "../../tables/schema/framework-schema.js";
import type { HandlerReply, ObjectEnvironment, ObjectHandler } from "../object-handler.js";
import { createObjectOutbox } from "../object-outbox.js";

const framework = createFrameworkSchema({
  statements: [...directoryTables, feedSchema, rebuildSchema, shardsSchema, ...outboxTables],
});

/** How long a deletion is known, so that messages which are older have no effect. */
const DELETED_MS = 30 * 24 * 60 * 60_000;

/** Creates the handler of a shard of the directory: an index of users and organizations without the app's procedures. */
export function createDirectoryObject(environment: ObjectEnvironment): ObjectHandler {
  const { state, env, app, address, alarms, identity } = environment;
  const { shards, onChange } = app.directory;
  const { storage } = state;
  const { sql } = storage;
  const shard = Number(address.id);
  const { initialize, isInitialized, update } = createLifecycle({ storage, framework });
  const transaction = <TResult>(work: () => TResult): TResult => storage.transactionSync(work);

  const lists = createEntryLists(sql);
  const store = createEntryStore({ sql, onChange: (kind, id) => feed?.add(kind, id) });
  const feed = onChange && createChangeFeed({ sql, env, hook: onChange, lists, store, isInitialized, alarms });
  const outbox = createObjectOutbox({
    environment,
    store: createOutboxStore(sql),
    isInitialized,
    sendMail: () => Promise.reject(new Error("The directory does not send mail.")),
  });
  const moves = createMoves({
    sql,
    shard,
    shards,
    store,
    lists,
    outbox,
    transaction,
    isInitialized,
    alarms,
    onMove: (kind, id) => feed?.release(kind, id),
  });
  const rebuild = createRebuild({
    sql,
    store,
    lists,
    transaction,
    isInitialized,
    alarms,
    readEntry: (kind, id) => sendInternal(stubOf(identity().namespace, { type: kind, id }), { op: "reportEntry" }),
    onUnreachable: (cause) =>
      app.onError({
        error: cause instanceof Error ? cause : new Error(String(cause)),
        requestId: crypto.randomUUID(),
        path: "(directory)",
        type: undefined,
      }),
  });
  alarms.register({
    name: "deleted entries",
    due() {
      const oldest = isInitialized() ? store.oldestDeletion() : undefined;
      return oldest === undefined ? undefined : oldest + DELETED_MS;
    },
    run: (now) => store.pruneDeleted(now - DELETED_MS),
  });

  /** Whether this shard has the entry of an object. Otherwise the number of shards was changed, and the message is passed on. */
  const belongsHere = (id: string): boolean => shardOf(id, shards) === shard;

  const handlers: { readonly [TKind in keyof DirectoryMessages]: (payload: DirectoryMessages[TKind]) => void } = {
    user: (entry) =>
      belongsHere(entry.id) ? void store.putUser(entry) : outbox.post(messageAbout(shards, "user", entry)),
    organization: (entry) =>
      belongsHere(entry.id)
        ? void store.putOrganization(entry)
        : outbox.post(messageAbout(shards, "organization", entry)),
    deleted(deletion) {
      if (!belongsHere(deletion.id)) return outbox.post(messageAbout(shards, "deleted", deletion));
      store.delete(deletion.kind, deletion.id, deletion.version);
      alarms.arm();
    },
    // Never passed on, because two shards could disagree about the number of shards during a deployment.
    moved({ users, organizations }) {
      for (const entry of users) store.putUser(entry);
      for (const entry of organizations) store.putOrganization(entry);
    },
    wake() {},
  };

  /** Handles messages until one fails. Their numbers are not stored, because a repeated message has no effect. */
  function receive({ letters: messages }: Delivery): Receipt {
    let done = 0;
    for (const { kind, payload } of messages) {
      const handler = Object.hasOwn(handlers, kind) ? handlers[kind as keyof DirectoryMessages] : undefined;
      if (!handler) return { done, error: `This version does not know messages of the kind "${kind}".` };
      try {
        initialize(() => {
          moves.initialize();
          // Only objects of the app send messages, so their payloads are not validated.
          handler(payload as never);
        });
      } catch (error) {
        return { done, error: error instanceof Error ? error.message : String(error) };
      }
      done++;
    }
    return { done };
  }

  const pageOf = <TEntry>(entries: readonly TEntry[]) => ({
    entries,
    shards: isInitialized() ? moves.count() : shards,
  });

  function handleInternal(request: InternalRequest): HandlerReply {
    if (request.op === "deliver") return receive(request);
    if (request.op === "listUsers")
      return pageOf(isInitialized() ? lists.users({ ...request.filter, after: request.after }, request.limit) : []);
    if (request.op === "countUsers") return { ...pageOf([]), count: isInitialized() ? countUsers(request.filter) : 0 };
    if (request.op === "listOrganizations")
      return pageOf(isInitialized() ? lists.organizations(request.after, request.limit) : []);
    if (request.op === "countSchemas") return { ...pageOf([]), versions: isInitialized() ? store.counts.list() : [] };
    if (request.op === "rebuildDirectory") return isInitialized() ? transaction(rebuild.start) : undefined;
    throw new Error(`The directory does not handle "${request.op}". Send it to another kind of object.`);
  }

  function countUsers(filter: Parameters<typeof lists.countUsers>[0]): number {
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    return isFiltered ? lists.countUsers(filter) : store.counts.total("user");
  }

  return {
    authorize() {
      throw wrongObject();
    },
    context: () => ({}),
    services: (request) => ({ address, atomic: (work) => work(), setSession: request.setSession }),
    internal: handleInternal,
    start() {
      update();
      moves.start();
    },
    flushOutbox: () => (isInitialized() ? outbox.flushPosted() : undefined),
    deadLetters: () => outbox.deadLetters(),
    countPending: () => outbox.countPending(),
  };
}
