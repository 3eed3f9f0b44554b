import type { Device } from "../../shared/device.js";

interface DeviceOptions {
  readonly requestId: string;
  /** The value of the device's cookie. */
  readonly token: string | undefined;
  /** The header with the client's IP address. */
  readonly addressHeader: string;
}

/** Describes the client of a request to an object. */
export function deviceOf(headers: Headers, { requestId, token, addressHeader }: DeviceOptions): Device {
  const network = networkOf(headers.get(addressHeader));
  const label = deviceLabel(headers);
  // RPC would also send the properties that are undefined.
  return {
    requestId,
    ...(label !== undefined && { label }),
    ...(token !== undefined && { token }),
    ...(network !== undefined && { network }),
  };
}

/** Cloudflare's id of the request, which is in its logs too, or a new id. */
export function requestIdOf(headers: Headers): string {
  const ray = headers.get("cf-ray") ?? "";
  return /^[0-9A-Za-z-]{8,64}$/.test(ray) ? ray : crypto.randomUUID();
}

const V4 = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/** Length of the longest notation of an IPv6 address, in characters. */
const MAX_ADDRESS_LENGTH = 45;

/**
 * Returns the network of an IP address in canonical form: an IPv4 address itself, including an IPv4-mapped IPv6 address, or
 * the first 64 bits of an IPv6 address, which providers usually assign to one customer. `undefined` if it is not an address.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6177
 */
export function networkOf(address: string | null): string | undefined {
  const text = address?.trim() ?? "";
  if (text.length > MAX_ADDRESS_LENGTH) return undefined;
  if (V4.test(text)) return text;
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined;
  // The URL parser returns a canonical form: compressed, in lower case, without dotted IPv4.
  const groups = expand(new URL(`http://[${text}]`).hostname.slice(1, -1));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xff_ff) return mappedV4(groups);
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

function expand(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

function mappedV4([, , , , , , high = 0, low = 0]: readonly number[]): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

/** The order matters: most browsers also send the names of the browsers that they are based on. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** Maximum length of the label of an unknown browser. */
const MAX_LABEL_LENGTH = 64;

/**
 * Describes the device that sent these headers, for the list of sessions: "Firefox on Windows". `undefined` without a
 * User-Agent. A client can send any User-Agent, so the label of an unknown one is its first word without special characters.
 */
export function deviceLabel(headers: Headers): string | undefined {
  const agent = headers.get("user-agent");
  if (agent === null) return undefined;
  // Many requests in a row come from the same browser.
  if (agent !== lastLabel?.agent) lastLabel = { agent, label: labelOf(agent.slice(0, 1_024)) };
  return lastLabel.label;
}

let lastLabel: { readonly agent: string; readonly label: string | undefined } | undefined;

function labelOf(agent: string): string | undefined {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  const label = browser && system ? `${browser} on ${system}` : (browser ?? firstName(agent));
  return label === "" ? undefined : label;
}

function firstName(agent: string): string {
  const [name = ""] = agent.split(/[\s(]/, 1);
  return name.replaceAll(/[^A-Za-z0-9 ._/+-]/g, "").slice(0, MAX_LABEL_LENGTH);
}
