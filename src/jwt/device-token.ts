import { toBase64Url } from "../shared/base64url.js";
import { hmac, verifyHmac } from "../shared/hmac.js";
import type { SigningSecrets } from "./signing-secrets.js";

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

/** A browser in which a user signed in before. */
export interface KnownDevice {
  readonly id: string;
  /** The account's device epoch at that time. The caller has to compare it with the present one. */
  readonly epoch: string;
}

/** So many accounts of one browser are remembered, the last ones. */
const ACCOUNTS = 4;
const EPOCH_LENGTH = 11;
const MAC_LENGTH = 22;
// A mark is an epoch and a MAC. Marks of the first epoch, which is empty, are those of earlier versions.
const TOKEN = /^([0-9a-f]{32})((?:\.(?:[A-Za-z0-9_-]{11})?[A-Za-z0-9_-]{22}){1,4})$/;

/**
 * Marks a browser in which these users have signed in before: an id of its own, and for each user a MAC over both and
 * over the account's device epoch. It signs nobody in. It only distinguishes a browser of the user from
 * that of a stranger who guesses passwords.
 */
export async function addToDevice(
  token: string | undefined,
  userId: string,
  options: Options & { readonly newId: string; readonly epoch: string },
): Promise<string> {
  const { id = options.newId, marks } = parse(token);
  const mark = await markOf({ id, userId, epoch: options.epoch }, options.secrets.current, options.audience);
  const others: string[] = [];
  // A mark of an earlier epoch would take the place of another account.
  for (const other of marks) if (!(await isMark(other, { id, userId }, options))) others.push(other);
  return [id, mark, ...others.slice(0, ACCOUNTS - 1)].join(".");
}

/** The device, if the user signed in on it before, in whichever epoch; `undefined` for any other. */
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

/** The id of a device, which is its own for all users; `undefined` without a well-formed token. Nothing is verified. */
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
  /** Of {@link EPOCH_LENGTH} characters, or `""`. */
  readonly epoch: string;
}

async function markOf({ id, userId, epoch }: MarkedDevice, secret: string, audience: string): Promise<string> {
  if (epoch !== "" && epoch.length !== EPOCH_LENGTH) throw new Error("A device epoch has another length.");
  const text = `device|${audience}|${userId}|${id}`;
  const mac = await hmac(secret, epoch === "" ? text : `${text}|${epoch}`);
  return epoch + toBase64Url(mac.subarray(0, 16));
}

/** Compares digests of both, so that how long it takes says nothing about the right one. */
async function isMark(
  mark: string,
  device: Omit<MarkedDevice, "epoch">,
  { secrets, audience }: Options,
): Promise<boolean> {
  for (const secret of [secrets.current, secrets.previous]) {
    if (secret === undefined) continue;
    const right = await markOf({ ...device, epoch: epochOf(mark) }, secret, audience);
    if (await verifyHmac(secret, mark, new Uint8Array(await hmac(secret, right)))) return true;
  }
  return false;
}
