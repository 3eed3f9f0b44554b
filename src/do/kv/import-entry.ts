import { keyProblem } from "../../router/kv/kv-key.js";
import type { KvSchemas } from "../../router/kv/kv-schemas.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { readImported } from "../fields/read-imported.js";
import { describeIssues } from "../tables/write/parse-row.js";
import type { KvStore } from "./kv-store.js";
import { encodeParsed } from "./kv-value.js";

/** A key of an import. */
interface ImportedEntry {
  readonly key: string;
  readonly value: unknown;
  readonly expiresAt: number | undefined;
  readonly isStored: boolean;
}

export interface ImportEntryOptions {
  readonly store: Pick<KvStore, "versionOf" | "write">;
  readonly schemas: KvSchemas;
  /** Called after the write, with the expiry in milliseconds. */
  readonly onWrite: (expiresAt: number | undefined) => void;
}

/**
 * Stores a key, unless it exists or has expired.
 *
 * @returns whether it was stored
 * @throws ReasonedError BAD_REQUEST (KEY_INVALID, VALUE_INVALID), PAYLOAD_TOO_LARGE (VALUE_TOO_LARGE)
 */
export function importEntry(
  { store, schemas, onWrite }: ImportEntryOptions,
  { key, value, expiresAt, isStored }: ImportedEntry,
): boolean {
  const problem = keyProblem(key);
  if (problem !== undefined)
    throw new ReasonedError({ code: "BAD_REQUEST", reason: "KEY_INVALID", message: `A key ${problem}` });
  const now = Date.now();
  if ((expiresAt !== undefined && expiresAt <= now) || store.versionOf(key, now) > 0) return false;
  const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
  const parsed = schema ? readImported(schema, value, isStored) : ({ success: true, data: value } as const);
  if (!parsed.success) {
    const message = `The key "${key}" does not accept this value. ${describeIssues(parsed.issues)}`;
    throw new ReasonedError({ code: "BAD_REQUEST", reason: "VALUE_INVALID", message });
  }
  store.write(key, encodeParsed(parsed.data), expiresAt, now);
  onWrite(expiresAt);
  return true;
}
