import type { Device } from "../../shared/device.js";
import { deviceLabel } from "./device-label.js";
import { networkOf } from "./network-of.js";

interface DeviceOptions {
  /** The value of the device's cookie. */
  readonly token: string | undefined;
  /** The header with the client's IP address. */
  readonly addressHeader: string;
}

/** Describes the client of a request to an object. */
export function deviceOf(headers: Headers, { token, addressHeader }: DeviceOptions): Device {
  const network = networkOf(headers.get(addressHeader));
  return { label: deviceLabel(headers), token, network, requestId: requestIdOf(headers) };
}

/** Cloudflare's id of the request, which is in its logs too, or a new id. */
function requestIdOf(headers: Headers): string {
  const ray = headers.get("cf-ray") ?? "";
  return /^[0-9A-Za-z-]{8,64}$/.test(ray) ? ray : crypto.randomUUID();
}
