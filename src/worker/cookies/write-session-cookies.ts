import { readRefreshToken } from "../../jwt/refresh-token.js";
import { replacedMarkOf } from "../../jwt/replaced-mark.js";
import type { AppSecrets } from "../../shared/app-secrets.js";
import type { SessionEffect } from "../../shared/call.js";
import { compareSessionIds, isTimeOrdered } from "../../shared/session-id.js";
import type { TokenVerifier } from "../auth/token-verifier.js";
import type { SessionCookies } from "./create-cookies.js";
import { isGenuine, type BrowserSession, type SentCookies } from "./find-browser-session.js";
import { recordName, type SessionRecord } from "./session-record.js";

export interface WriteSessionCookiesOptions {
  readonly cookies: SessionCookies;
  /** The cookies of the request. */
  readonly sent: SentCookies;
  readonly session: BrowserSession;
  readonly verifier: TokenVerifier;
  readonly configuration: SigningConfiguration;
}

/** The settings of the app with which the marks of replaced sessions are signed. */
interface SigningConfiguration {
  readonly binding: string;
  readonly secrets: Pick<AppSecrets, "jwt">;
}

const noCookies: readonly string[] = [];

/**
 * Returns the values of `Set-Cookie` for a response that signs in or renews (tokens), or reports that the session ended
 * (`null`). They change the cookies of that session and of the sessions in the request that it replaced, but not those of a
 * session that the browser may have created in the meantime.
 *
 * Cookies of another app on the host with the same names are not deleted. A sign-in or renewal overwrites them, and that app
 * renews from its own record.
 *
 * Without an effect (`undefined`), it deletes cookies of replaced sessions that a late response has set again. Returns a promise
 * only if it may write a cookie.
 */
export function writeSessionCookies(
  effect: SessionEffect | undefined,
  options: WriteSessionCookiesOptions,
): readonly string[] | Promise<string[]> {
  const { sent, session } = options;
  const isSignedOut = session.sessionId === undefined && sent.records.length > 0;
  return effect === undefined && !isSignedOut ? noCookies : writeChanges(effect, options);
}

async function writeChanges(
  effect: SessionEffect | undefined,
  { cookies, sent, session, verifier, configuration }: WriteSessionCookiesOptions,
): Promise<string[]> {
  const records = await genuineRecords(sent.records, verifier);
  const subject = effect ? readRefreshToken(effect.refreshToken) : undefined;
  const sessionId = subject?.sessionId ?? session.sessionId;
  const replaced = newestReplaced({ sessionId, pairSessionId: session.pairSessionId, records });

  const written = new Set<string>();
  if (subject) written.add(recordName({ type: "token", value: "", ...subject }));
  if (replaced !== undefined) written.add(recordName({ type: "replaced", value: "", sessionId: replaced }));
  const deleted = records.filter((record) => !written.has(recordName(record)));
  const isMarked = records.some((record) => record.type === "replaced" && record.sessionId === replaced);
  if (effect === undefined && deleted.length === 0 && session.pairSessionId === undefined) return [];

  const mark =
    replaced === undefined || isMarked ? [] : [cookies.setReplaced(replaced, await markOf(replaced, configuration))];
  return [
    ...(effect ? cookies.set(effect, Date.now()) : session.isForeignPair ? [] : cookies.clear()),
    ...mark,
    ...deleted.map((record) => cookies.deleteRecord(record)),
  ];
}

interface Replacement {
  readonly sessionId: string | undefined;
  readonly pairSessionId: string | undefined;
  readonly records: readonly SessionRecord[];
}

/**
 * The newest session that this one has replaced in the browser. `undefined` if there was none, or if it is not older by
 * its id, for example because a clock was set back: a mark would then end the session of the reply itself.
 */
function newestReplaced({ sessionId, pairSessionId, records }: Replacement): string | undefined {
  const ids = [...records.map((record) => record.sessionId), ...(pairSessionId === undefined ? [] : [pairSessionId])];
  const others = ids.filter((id) => id !== sessionId).toSorted(compareSessionIds);
  if (sessionId !== undefined && !isTimeOrdered(sessionId)) return undefined;
  return others.findLast((id) => sessionId === undefined || compareSessionIds(id, sessionId) < 0);
}

/** Ignores the records of another app with the same prefix. */
async function genuineRecords(records: readonly SessionRecord[], verifier: TokenVerifier): Promise<SessionRecord[]> {
  const checked = await Promise.all(records.map((record) => isGenuine(record, verifier)));
  return records.filter((_record, index) => checked[index]);
}

function markOf(sessionId: string, { binding, secrets }: SigningConfiguration): Promise<string> {
  return replacedMarkOf(sessionId, { secrets: secrets.jwt, audience: binding });
}
