import type { UserStore } from "./user-store.ts";

/** An edit that the server refused, until the user dismisses it. */
export interface RefusedEdit {
  readonly id: string;
  readonly label: string;
  readonly reason: string;
}

const PREFIX = "refused:";

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
    const keys = (await store.keys()).filter((key) => key.startsWith(PREFIX));
    const stored = await Promise.all(keys.map((key) => store.get(key)));
    all = stored.filter((edit) => edit !== undefined) as RefusedEdit[];
    onChange();
  }

  return {
    read,
    async add(edit) {
      await store.set(PREFIX + edit.id, edit);
      await read();
    },
    async dismiss(id) {
      await store.delete(PREFIX + id);
      await read();
    },
    all: () => all,
  };
}
