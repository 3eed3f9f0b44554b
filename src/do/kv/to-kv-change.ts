import type { KvEntry } from "../../router/kv/kv-api.js";
import type { Change } from "../../shared/change.js";
import type { KvChange } from "../../shared/kv-change.js";

/** Converts a change of the table to the change that watchers receive. It does not distinguish new keys from existing ones. */
export function toKvChange(change: Change<unknown>): KvChange {
  switch (change.type) {
    case "create":
    case "update": {
      // The change hub reads the data of a change from the same table.
      const { value, version } = change.data as KvEntry;
      return { type: "set", key: change.id, value, version };
    }
    case "delete":
      return { type: "delete", key: change.id };
    case "reset":
      return change;
  }
}
