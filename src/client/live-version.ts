import type { Annotations, LiveDelta, RowUpdate, SerializedPart } from "../shared/live-delta.js";
import { isIntact } from "./is-intact.js";

/** The functions of superjson that deltas need. */
export interface Transformer {
  serialize(value: unknown): { readonly json: unknown; readonly meta?: unknown };
  deserialize(value: { readonly json: unknown; readonly meta?: unknown }): unknown;
}

/** A serialized event of a live query. */
export interface SerializedEvent {
  readonly json: { readonly id: string; readonly data: unknown };
  readonly meta?: { readonly values?: Annotations } | undefined;
}

interface RowState {
  readonly json: Readonly<Record<string, unknown>>;
  readonly meta: Annotations | undefined;
  /** The row that the page has. The page may change it. */
  readonly row: unknown;
}

interface ListState {
  readonly key: string | undefined;
  readonly rest: SerializedPart;
  readonly rows: readonly RowState[];
}

/** A result that the client has received, in a form that the page cannot change. */
export interface LiveVersion {
  /** Returns the rows of the list. */
  list(key: string | undefined): ListState;
}

/** The first segment of a path in an event: the property with the result. */
const ROOT = "data.";

/**
 * Returns the version of a result that was received as a whole. Its rows are read only when the first delta arrives.
 *
 * @param data the result that the page receives. It may change the lists, so they are copied.
 */
export function wholeVersion(event: SerializedEvent, data: unknown): LiveVersion {
  const copies = new Map<string | undefined, readonly unknown[]>();
  if (Array.isArray(data)) copies.set(undefined, [...(data as unknown[])]);
  else if (typeof data === "object" && data !== null) {
    for (const [key, value] of Object.entries(data))
      if (Array.isArray(value)) copies.set(key, [...(value as unknown[])]);
  }
  return {
    list(key) {
      const result = event.json.data as Record<string, unknown>;
      const list = (key === undefined ? result : result[key]) as readonly RowState["json"][];
      const { rest, rows } = splitAnnotations(event.meta?.values ?? {}, key);
      return {
        key,
        rest: { json: key === undefined ? undefined : { ...result, [key]: null }, meta: rest },
        rows: list.map((json, index) => ({ json, meta: rows.get(index), row: copies.get(key)?.[index] })),
      };
    },
  };
}

function splitAnnotations(values: Annotations, key: string | undefined) {
  const listPath = key === undefined ? ROOT : `${ROOT}${key}.`;
  const rest: Record<string, unknown> = {};
  const rows = new Map<number, Record<string, unknown>>();
  for (const [path, annotation] of Object.entries(values)) {
    const end = path.startsWith(listPath) ? path.indexOf(".", listPath.length) : -1;
    if (end === -1) rest[path.slice(ROOT.length)] = annotation;
    else {
      const index = Number(path.slice(listPath.length, end));
      const row = rows.get(index) ?? {};
      rows.set(index, row);
      row[path.slice(end + 1)] = annotation;
    }
  }
  return { rest, rows };
}

/**
 * Applies a delta to a version. Rows that have not changed are the same objects as before, unless the page has changed them.
 *
 * @throws TypeError if the delta does not fit the version
 */
export function applyDelta(version: LiveVersion, delta: LiveDelta, transformer: Transformer) {
  const { key, update = [], insert = [], order } = delta;
  const before = version.list(key);
  const read = ({ json, meta }: SerializedPart): unknown =>
    transformer.deserialize({ json, ...(meta && { meta: { values: meta, v: 1 } }) });
  const toRow = ({ json, meta }: SerializedPart): RowState => ({
    json: json as RowState["json"],
    meta,
    row: read({ json, meta }),
  });
  const rows = [...before.rows];
  for (const { at, ...change } of update) rows[at] = toRow("set" in change ? changedRow(rows[at], change) : change);
  const all = [...rows, ...insert.map(toRow)];
  const ordered = order ? order.flatMap(([first, count]) => all.slice(first, first + count)) : rows;
  const now = ordered.map((state) =>
    isIntact(state.row, state, transformer) ? state : toRow({ json: state.json, meta: state.meta }),
  );
  const list: ListState = { key, rest: delta.rest ?? before.rest, rows: now };
  const plain = now.map(({ row }) => row);
  const data = key === undefined ? plain : Object.assign(read(list.rest) as object, { [key]: plain });
  return { version: { list: () => list } satisfies LiveVersion, data };
}

function changedRow(row: RowState | undefined, { set, remove = [], meta }: RowUpdate): SerializedPart {
  if (!row) throw new TypeError("The delta changes a row that does not exist.");
  const json: Record<string, unknown> = { ...row.json };
  for (const field of remove) delete json[field];
  return { json: { ...json, ...set }, meta: meta === undefined ? row.meta : (meta ?? undefined) };
}
