import type { RefusedEdit } from "./stored-values.ts";
import type { UserStore } from "./user-store.ts";

export interface RefusedEdits {
  /** Reads them again, because another tab changed them. */
  read(): Promise<void>;
  add(edit: RefusedEdit): Promise<void>;
  dismiss(id: string): Promise<void>;
  all(): readonly RefusedEdit[];
}

export function createRefusedEdits(store: UserStore, onChange: () => void): RefusedEdits {
  let all: readonly RefusedEdit[] = [];

  async function read(): Promise<void> {
    const keys = (await store.keys()).filter(isRefusedKey);
    const stored = await Promise.all(keys.map((key) => store.get(key)));
    all = stored.filter((edit) => edit !== undefined);
    onChange();
  }

  return {
    read,
    async add(edit) {
      await store.set(`refused:${edit.id}`, edit);
      await read();
    },
    async dismiss(id) {
      await store.delete(`refused:${id}`);
      await read();
    },
    all: () => all,
  };
}

function isRefusedKey(key: string): key is `refused:${string}` {
  return key.startsWith("refused:");
}
