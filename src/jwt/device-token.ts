import { toBase64Url } from "../shared/base64url.js";
import { hmac, verifyHmac } from "../shared/hmac.js";
import type { SigningSecrets } from "./keyring.js";

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

/** A browser in which a user signed in before. */
export interface KnownDevice {
  readonly id: string;
  /** The account's device epoch at that time. The caller has to compare it with the current one. */
  readonly epoch: string;
}

/** How many accounts a browser remembers. The newest replaces the oldest. */
const MAX_ACCOUNTS = 4;
const EPOCH_LENGTH = 11;
const MAC_LENGTH = 22;
// A mark is an epoch and a MAC. Earlier versions wrote marks with an empty epoch.
const TOKEN = /^([0-9a-f]{32})((?:\.(?:[A-Za-z0-9_-]{11})?[A-Za-z0-9_-]{22}){1,4})$/;

/**
 * Adds a user to the token of a browser. The token has an id of the browser and, for each user who signed in there, a MAC
 * over the browser, the user and the account's device epoch. It does not authenticate a user. It only distinguishes the
 * user's browser from that of a stranger who guesses passwords.
 */
export async function addToDevice(
  token: string | undefined,
  userId: string,
  options: Options & { readonly newId: string; readonly epoch: string },
): Promise<string> {
  const { id = options.newId, marks } = parse(token);
  const mark = await markOf({ id, userId, epoch: options.epoch }, options.secrets.current, options.audience);
  const others: string[] = [];
  // A mark of an earlier epoch would use up the place of another account.
  for (const other of marks) if (!(await isMark(other, { id, userId }, options))) others.push(other);
  return [id, mark, ...others.slice(0, MAX_ACCOUNTS - 1)].join(".");
}

/** Returns the device if the user signed in on it before, in any epoch; `undefined` otherwise. */
export async function knownDevice(
  token: string | undefined,
  userId: string,
  options: Options,
): Promise<KnownDevice | undefined> {
  const { id, marks } = parse(token);
  if (id === undefined) return undefined;
  for (const mark of marks) {
    if (await isMark(mark, { id, userId }, options)) return { id, epoch: epochOf(mark) };
  }
  return undefined;
}

/** Returns the id of a device, which its users share; `undefined` without a well-formed token. Does not verify the MACs. */
export function deviceIdOf(token: string | undefined): string | undefined {
  return parse(token).id;
}

function parse(token: string | undefined): { readonly id?: string | undefined; readonly marks: readonly string[] } {
  const [, id, marks = ""] = TOKEN.exec(token ?? "") ?? [];
  return { id, marks: marks.split(".").slice(1) };
}

function epochOf(mark: string): string {
  return mark.slice(0, -MAC_LENGTH);
}

interface MarkedDevice {
  readonly id: string;
  readonly userId: string;
  /** Has {@link EPOCH_LENGTH} characters, or is `""`. */
  readonly epoch: string;
}

async function markOf({ id, userId, epoch }: MarkedDevice, secret: string, audience: string): Promise<string> {
  if (epoch !== "" && epoch.length !== EPOCH_LENGTH)
    throw new Error(`A device epoch must have ${EPOCH_LENGTH} characters, or be empty.`);
  const text = `device|${audience}|${userId}|${id}`;
  const mac = await hmac(secret, epoch === "" ? text : `${text}|${epoch}`);
  return epoch + toBase64Url(mac.subarray(0, 16));
}

/** Compares digests of both marks, so that the time it takes does not reveal the expected one. */
async function isMark(
  mark: string,
  device: Omit<MarkedDevice, "epoch">,
  { secrets, audience }: Options,
): Promise<boolean> {
  for (const secret of [secrets.current, secrets.previous]) {
    if (secret === undefined) continue;
    const expected = await markOf({ ...device, epoch: epochOf(mark) }, secret, audience);
    if (await verifyHmac(secret, mark, new Uint8Array(await hmac(secret, expected)))) return true;
  }
  return false;
}
