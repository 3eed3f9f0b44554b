import { readRefreshToken } from "../../jwt/refresh-token.js";
import { limits } from "../../shared/limits.js";
import { compareSessionIds } from "../../shared/session-id.js";

/**
 * A cookie that belongs to one session alone, so that a late reply for another session cannot overwrite it. Nothing here
 * is verified yet.
 *
 * - `token`: a copy of one generation of the session's refresh token
 * - `replaced`: a mark that a later sign-in in this browser replaced the session, and with it every older one
 */
export type SessionRecord =
  | { readonly type: "token"; readonly sessionId: string; readonly generation: number; readonly value: string }
  | { readonly type: "replaced"; readonly sessionId: string; readonly value: string };

const NAME = /^session-([0-9a-f]{32})-(0|[1-9][0-9]{0,8}|replaced)$/;

/** What the record's cookie is called, after the prefix of the app. */
export function recordName(record: SessionRecord): string {
  return `session-${record.sessionId}-${record.type === "token" ? record.generation : "replaced"}`;
}

/** Whether a cookie's name, after the prefix of the app, is that of a record. */
export function isRecordName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Reads the records among a request's cookies: the newest session first, and of one session its mark, then the newest
 * generation. At most `limits.sessionRecords`; anyone who can add cookies could add more.
 *
 * @param prefix what the names of the app's cookies begin with
 */
export function readRecords(
  cookies: Readonly<Record<string, string | undefined>>,
  prefix: string,
): readonly SessionRecord[] {
  const records = Object.entries(cookies).flatMap(([name, value]) =>
    name.startsWith(prefix) && value !== undefined ? (parseRecord(name.slice(prefix.length), value) ?? []) : [],
  );
  return records.toSorted(compareRecords).slice(0, limits.sessionRecords);
}

function parseRecord(name: string, value: string): SessionRecord | undefined {
  const [, sessionId, what] = NAME.exec(name) ?? [];
  if (sessionId === undefined) return undefined;
  if (what === "replaced") return { type: "replaced", sessionId, value };
  const claims = readRefreshToken(value);
  const generation = Number(what);
  if (claims?.sessionId !== sessionId || claims.generation !== generation) return undefined;
  return { type: "token", sessionId, generation, value };
}

function compareRecords(a: SessionRecord, b: SessionRecord): number {
  return compareSessionIds(b.sessionId, a.sessionId) || rank(b) - rank(a);
}

function rank(record: SessionRecord): number {
  return record.type === "token" ? record.generation : Number.POSITIVE_INFINITY;
}
