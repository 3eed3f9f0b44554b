// Counts the units that the platform bills for Durable Objects, in all objects of the isolate.

export interface Units {
  /** RPC calls, HTTP requests and alarms. */
  requests: number;
  /** Incoming messages of sockets, of which 20 are billed as one request. */
  messages: number;
  rowsRead: number;
  rowsWritten: number;
}

const none: Readonly<Units> = { requests: 0, messages: 0, rowsRead: 0, rowsWritten: 0 };
let units = { ...none };
let cursors: { readonly rowsRead: number; readonly rowsWritten: number }[] = [];
const counted = new WeakSet<object>();

/** Returns the units since the last call. A cursor knows its rows only when it was read to its end. */
export function takeUnits(): Units {
  const taken = { ...units };
  for (const { rowsRead, rowsWritten } of cursors) {
    taken.rowsRead += rowsRead;
    taken.rowsWritten += rowsWritten;
  }
  units = { ...none };
  cursors = [];
  return taken;
}

/**
 * Counts the rows of an object's storage. Call it before anything else uses the storage. Setting an alarm is billed as one
 * written row.
 */
export function countRows(storage: DurableObjectStorage): void {
  replaceOnce(storage.sql, "exec", (exec) => (...values) => {
    const cursor = exec(...values) as SqlStorageCursor<never>;
    cursors.push(cursor);
    return cursor;
  });
  replaceOnce(storage, "setAlarm", (setAlarm) => (...values) => {
    units.rowsWritten++;
    return setAlarm(...values);
  });
}

/** Counts the calls of these methods of a class. */
export function countCalls(prototype: object, methods: readonly string[]): void {
  for (const method of methods) {
    replaceOnce(prototype, method, (original) => (...values) => {
      if (method === "webSocketMessage") units.messages++;
      else units.requests++;
      return original(...values);
    });
  }
}

type Method = (...values: unknown[]) => unknown;

/** Replaces a method on the prototype that has it, for all instances, once. */
function replaceOnce(object: object, name: string, replace: (original: Method) => Method): void {
  let owner = object;
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object;
  const original = Reflect.get(owner, name) as Method;
  if (counted.has(original)) return;
  function method(this: unknown, ...values: unknown[]): unknown {
    return replace((...given) => Reflect.apply(original, this, given))(...values);
  }
  counted.add(method);
  Object.defineProperty(owner, name, { value: method, configurable: true, writable: true });
}
