import type { AnyTRPCRouter } from "@trpc/server";
import { byteLength } from "../../shared/byte-length.js";
import { findRows } from "./find-rows.js";
import { hashRows, type RowHash } from "./hash-rows.js";
import { hashText } from "./hash-text.js";
import { createDelta } from "./row-delta.js";
import { serializeChanged, splitRows, type RowResult, type Serialized } from "./row-result.js";

/** The text of an event for all its subscribers. */
export interface LiveEvent {
  /** The event, in the format of `Frames.event`. */
  readonly text: string;
  /** Its size on the wire, in bytes. */
  readonly bytes: number;
}

/** A result that was serialized once for all its subscribers. */
export interface LiveResult {
  /** Equal results have equal hashes. */
  readonly hash: string;
  /** Size of the whole result on the wire, in bytes. Approximate if only its changes were serialized. */
  readonly bytes: number;
  /** The result for comparison with the next one of the same query; `undefined` if it is not a list of rows. */
  readonly version: ResultVersion | undefined;
  /** The hash of the version that the delta is based on; `undefined` if there is no delta. */
  readonly base: string | undefined;
  /** Returns the size of the whole result in bytes, and serializes it if only its changes were. */
  wholeBytes(): number;
  /** Returns the event with the whole result. */
  whole(id: string): LiveEvent;
  /**
   * Returns the event with the changes since the previous version. Returns `undefined` if there is none, or if the whole result is
   * shorter.
   */
  delta(id: string): LiveEvent | undefined;
}

/** A result that is cached to compute the changes of the next one. */
export interface ResultVersion {
  readonly hash: string;
  readonly rows: RowResult;
  /** Size of the whole result on the wire, in bytes. */
  readonly bytes: number;
  readonly hashed: RowHash;
}

export interface LiveResultOptions {
  /** The last result of the same query. */
  readonly previous?: ResultVersion | undefined;
  /**
   * Whether the result may be cached, because a client reads deltas.
   * @default false
   */
  readonly keeps?: boolean;
}

/** Serializes the result of a live query. */
export type ToLiveResult = (data: unknown, options?: LiveResultOptions) => LiveResult;

/** The beginning of an event with an empty id. */
const HEAD = '{"json":{"id":""';

/** Serializes results as clients receive them, so that results which look equal to a client have equal hashes. */
export function createLiveResults(router: AnyTRPCRouter): ToLiveResult {
  const serialize = (value: unknown): Serialized =>
    router._def._config.transformer.output.serialize(value) as Serialized;

  function serializeWhole(data: unknown) {
    const serialized = serialize({ id: "", data });
    const text = JSON.stringify(serialized);
    const bytes = byteLength(text);
    return {
      serialized,
      text,
      bytes,
      event(id: string): LiveEvent {
        const quoted = JSON.stringify(id);
        const body = text.startsWith(HEAD)
          ? `${HEAD.slice(0, -2)}${quoted}${text.slice(HEAD.length)}`
          : JSON.stringify(serialize({ id, data }));
        const event = eventText(quoted, `"data":${body}`);
        return { text: event, bytes: bytes + event.length - text.length };
      },
    };
  }

  /** Serializes only the rows that have changed. */
  function fromChanges(data: unknown, previous: ResultVersion): LiveResult | undefined {
    const found = findRows(data);
    const rows = found && serializeChanged(previous.rows, data, found, serialize);
    if (!rows) return undefined;
    const hashed = hashRows(rows, previous);
    const { hash } = hashed;
    const bytes = previous.bytes + hashed.bytes - previous.hashed.bytes;
    let whole: ReturnType<typeof serializeWhole> | undefined;
    const getWhole = () => (whole ??= serializeWhole(data));
    return {
      hash,
      bytes,
      version: { hash, rows, bytes, hashed },
      base: previous.hash,
      wholeBytes: () => getWhole().bytes,
      whole: (id) => getWhole().event(id),
      delta(id) {
        const changes = `"delta":${createDelta(previous.hash, previous.rows, rows)}`;
        if (changes.length >= bytes) return undefined;
        const text = eventText(JSON.stringify(id), changes);
        return { text, bytes: byteLength(text) };
      },
    };
  }

  return (data, { previous, keeps = false } = {}) => {
    const changed = previous && fromChanges(data, previous);
    if (changed) return changed;
    const { serialized, text, bytes, event } = serializeWhole(data);
    const found = findRows(data);
    const rows = found && splitRows(serialized, found, keeps);
    const hashed = rows && hashRows(rows);
    const hash = hashed?.hash ?? hashText(text);
    return {
      hash,
      bytes,
      version: rows && hashed && keeps ? { hash, rows, bytes, hashed } : undefined,
      base: undefined,
      wholeBytes: () => bytes,
      whole: event,
      delta: () => undefined,
    };
  };
}

const eventText = (quotedId: string, content: string): string => `"result":{"type":"data","id":${quotedId},${content}}`;
