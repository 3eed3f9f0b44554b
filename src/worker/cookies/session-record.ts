import { readRefreshToken } from "../../jwt/refresh-token.js";
import { limits } from "../../shared/limits.js";
import { compareSessionIds } from "../../shared/session-id.js";

/**
 * A cookie of a single session, which a late response for another session cannot overwrite. It is not verified yet.
 *
 * - `token`: a copy of one generation of the session's refresh token
 * - `replaced`: a mark that a later sign-in in this browser replaced the session, and with it every older one
 */
export type SessionRecord =
  | { readonly type: "token"; readonly sessionId: string; readonly generation: number; readonly value: string }
  | { readonly type: "replaced"; readonly sessionId: string; readonly value: string };

const NAME = /^session-([0-9a-f]{32})-(0|[1-9][0-9]{0,8}|replaced)$/;

/** The name of the record's cookie, after the prefix of the app. */
export function recordName(record: SessionRecord): string {
  return `session-${record.sessionId}-${record.type === "token" ? record.generation : "replaced"}`;
}

/** Whether a cookie's name, without the prefix of the app, is a record's. */
export function isRecordName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Reads the records in a request's cookies, newest session first. For each session, its mark comes first, then its newest
 * generation. Returns at most `limits.sessionRecords`, because other software on the host can add cookies.
 *
 * @param prefix the first part of the names of the app's cookies
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
  const [, sessionId, suffix] = NAME.exec(name) ?? [];
  if (sessionId === undefined) return undefined;
  if (suffix === "replaced") return { type: "replaced", sessionId, value };
  const claims = readRefreshToken(value);
  const generation = Number(suffix);
  if (claims?.sessionId !== sessionId || claims.generation !== generation) return undefined;
  return { type: "token", sessionId, generation, value };
}

function compareRecords(a: SessionRecord, b: SessionRecord): number {
  return compareSessionIds(b.sessionId, a.sessionId) || rank(b) - rank(a);
}

function rank(record: SessionRecord): number {
  return record.type === "token" ? record.generation : Number.POSITIVE_INFINITY;
}
