import type { KvEntry } from "../../router/kv/kv-api.js";
import type { Change } from "../../shared/change.js";
import type { KvChange } from "../../shared/kv-change.js";

/** What a watcher is told of a change of the table: whether a key was new or not says nothing to it. */
export function toKvChange(change: Change<unknown>): KvChange {
  switch (change.type) {
    case "create":
    case "update": {
      // The hub read it from the same table.
      const { value, version } = change.data as KvEntry;
      return { type: "set", key: change.id, value, version };
    }
    case "delete":
      return { type: "delete", key: change.id };
    case "reset":
      return change;
  }
}
