import type { Device } from "../../shared/device.js";
import { deviceLabel } from "./device-label.js";
import { networkOf } from "./network-of.js";

interface DeviceOptions {
  /** The value of the device's cookie. */
  readonly token: string | undefined;
  /** The header that says where the request came from. */
  readonly addressHeader: string;
}

/** All that is told to an object of where a request came from. */
export function deviceOf(headers: Headers, { token, addressHeader }: DeviceOptions): Device {
  const network = networkOf(headers.get(addressHeader));
  return { label: deviceLabel(headers), token, network, requestId: requestIdOf(headers) };
}

/** Cloudflare's own id of the request, which its logs have too; else a new one. */
function requestIdOf(headers: Headers): string {
  const ray = headers.get("cf-ray") ?? "";
  return /^[0-9A-Za-z-]{8,64}$/.test(ray) ? ray : crypto.randomUUID();
}
