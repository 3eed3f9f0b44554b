import type { ClientFailure } from "../../shared/client-failure.js";
import type { InternalReply } from "../../shared/internal.js";
import type { ObjectStub } from "../../shared/object-stub.js";
import type { RestoreRequest } from "../../shared/operator-requests.js";
import type { RestorePoint } from "../../shared/restore.js";
import { success } from "../../shared/result.js";
import { sendInternal } from "../../shared/send-internal.js";
import type { Operation, OperationReply, OperationTarget } from "./operation-store.js";
import type { RestoreStore } from "./restore-store.js";

export interface RestoresOptions {
  readonly store: RestoreStore;
  readonly transaction: (work: () => void) => void;
  readonly stub: (target: OperationTarget) => ObjectStub;
}

type Reply<TOp extends RestoreRequest["op"]> = InternalReply<Extract<RestoreRequest, { op: TOp }>>;

/** How often the state of a busy object is read again, because it changed before the restore. */
const MAX_PREPARATIONS = 3;
/** The first request after a restore finds an object that ends, and the next ends it again. */
const MAX_FINISH_ATTEMPTS = 4;

/**
 * Restores the objects of users and organizations. This object keeps the state that a restore must not change, because the restored object no longer stores it. Each step is idempotent, so that the alarm can repeat all of them after a crash.
 */
export function createRestores({ store, transaction, stub }: RestoresOptions) {
  /** @throws Error if the object cannot be reached */
  async function finish({ id, target }: Operation): Promise<Reply<"finishRestore">> {
    const carried = store.read(id)?.carried ?? "";
    for (let attempt = 1; ; attempt++) {
      try {
        return await sendInternal(stub(target), { op: "finishRestore", restoreId: id, carried });
      } catch (error) {
        // The object ends itself to apply its new storage.
        if (attempt === MAX_FINISH_ATTEMPTS) throw error;
      }
    }
  }

  /** Restores the storage of the object. Returns why it cannot be restored; `undefined` if it can. */
  async function apply({ id, target }: Operation): Promise<ClientFailure | undefined> {
    const prepared = store.read(id);
    if (!prepared) return undefined;
    const { bookmark, carriedHash } = prepared;
    const request = { op: "applyRestore", restoreId: id, bookmark, carriedHash } as const;
    // Fails if it succeeds, because the object ends.
    const reply: Reply<"applyRestore"> | undefined = await sendInternal(stub(target), request).catch(() => undefined);
    return reply && !reply.ok && reply.reason === "CLIENT_ERROR" ? reply : undefined;
  }

  function toReply({ id }: Operation, finished: Reply<"finishRestore">): OperationReply | undefined {
    if (!finished.ok) return undefined;
    return success({ ...finished.value, undoBookmark: store.read(id)?.undoBookmark });
  }

  return {
    /**
     * Restores an object.
     *
     * @throws Error if the object cannot be reached, or was too busy. A repeat continues.
     */
    async run(operation: Operation, point: RestorePoint): Promise<OperationReply> {
      const { id, target } = operation;
      if (store.has(id)) {
        const done = toReply(operation, await finish(operation));
        if (done) return done;
      }
      for (let preparations = 1; preparations <= MAX_PREPARATIONS; preparations++) {
        const request = { op: "prepareRestore", restoreId: id, point, isRepeat: store.has(id) } as const;
        const prepared: Reply<"prepareRestore"> = await sendInternal(stub(target), request);
        if (prepared.ok) transaction(() => store.write(id, prepared.value));
        else if (prepared.reason !== "ALREADY_RESTORED") return prepared;
        const refused = await apply(operation);
        if (refused) return refused;
        const done = toReply(operation, await finish(operation));
        if (done) return done;
      }
      throw new Error("The object was changed while it was prepared for the restore. The alarm tries again.");
    },
  };
}
