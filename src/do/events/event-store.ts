import { byteLength } from "../../shared/byte-length.js";
import type { Change } from "../../shared/change.js";
import { decodeJson } from "../tables/codec/json-codec.js";
import { readRaw } from "../tables/codec/sql-value.js";

/** The name of the events in the change log. An entry's id is the name of the event and the number of the entry. */
export const EVENTS_TABLE = "_events";

const ADD = `
  INSERT INTO _changes ("table", type, id, data)
  SELECT '${EVENTS_TABLE}', 'create', ? || (max(seq) + 1), ? FROM _changes`;
const BY_NUMBER = "WHERE seq IN (SELECT value FROM json_each(?))";
const READ = `SELECT id, data FROM _changes ${BY_NUMBER}`;
const SIZES = `SELECT id, octet_length(data) FROM _changes ${BY_NUMBER}`;

/** The prefix of the ids of an event's entries. No name contains the separator. */
export const prefixOf = (name: string): string => `${name}:`;

/** Encoded data of an event. */
export interface EncodedEvent {
  readonly name: string;
  readonly text: string;
}

/** Stores events in the change log, which deletes them with its entries. */
export function createEventStore(sql: SqlStorage) {
  const numbersOf = (ids: readonly string[]): string =>
    JSON.stringify(ids.map((id) => Number(id.slice(id.indexOf(":") + 1))));

  return {
    add: ({ name, text }: EncodedEvent): void => void sql.exec(ADD, prefixOf(name), text),

    /** Returns the messages of stored events, by id. */
    read: (ids: readonly string[]): Map<string, unknown> =>
      new Map(
        readRaw(sql, READ, [numbersOf(ids)]).map(([id, data]) => [
          String(id),
          toMessage({ name: String(id).split(":", 1).join(), text: String(data) }),
        ]),
      ),

    /** Returns the sizes of stored events in bytes, by id. */
    sizesOf: (ids: readonly string[]): Map<string, number> =>
      new Map(readRaw(sql, SIZES, [numbersOf(ids)]).map(([id, bytes]) => [String(id), Number(bytes)])),
  };
}

/** Returns an event as listeners receive it. */
function toMessage({ name, text }: EncodedEvent): object {
  return { type: "event", name, data: decodeJson(text) };
}

/** Converts a change of the log to what listeners receive: the message of an event, or a reset. */
export function toEventMessage(change: Change<unknown>): unknown {
  return change.type === "create" ? change.data : change;
}

/** Returns an event that is not stored, as the change hub announces it. */
export function toTransientChange(event: EncodedEvent) {
  return { id: prefixOf(event.name), change: toMessage(event), bytes: byteLength(event.text) };
}
