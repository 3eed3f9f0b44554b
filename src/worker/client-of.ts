import type { Device } from "../shared/device.js";
import { deviceOf } from "./device-of.js";
import { networkOf } from "./network-of.js";

interface ClientOptions {
  /** The value of the device's cookie. */
  readonly token: string | undefined;
  /** The header that says where the request came from. */
  readonly addressHeader: string;
}

/** All that is told to an object of where a request came from. */
export function clientOf(headers: Headers, { token, addressHeader }: ClientOptions): Device {
  const network = networkOf(headers.get(addressHeader));
  return { ...deviceOf(headers), token, network, requestId: requestIdOf(headers) };
}

/** Cloudflare's own id of the request, which its logs have too; else a new one. */
function requestIdOf(headers: Headers): string {
  const ray = headers.get("cf-ray") ?? "";
  return /^[0-9A-Za-z-]{8,64}$/.test(ray) ? ray : crypto.randomUUID();
}
