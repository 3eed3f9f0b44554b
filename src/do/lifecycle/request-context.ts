import type { Call, SessionEffect } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";

/**
 * Whether a caller may act in an object, and receive events of it, now. `unknown`: another object has to be asked first.
 * `forbidden`: the caller is not a member.
 */
export type Access = "granted" | "unknown" | "session-ended" | "forbidden";

/** The caller and the device of a request, and the effects that its reply can have on cookies. */
export interface RequestContext extends Pick<Call, "refreshCookie" | "accessExpiresAt"> {
  readonly caller: Caller;
  /** Empty on a socket, and behind another Worker. */
  readonly device: Device;
  /** Asks the Worker to set (or, with `null`, clear) the session's cookies on the reply. */
  readonly setSession: (effect: SessionEffect) => void;
  /** Asks the Worker to set the browser's device cookie on the reply. */
  readonly setDevice: (deviceToken: string) => void;
}

/** The context of a message on a socket: its device is not known, and it cannot set cookies. */
export function socketContext(caller: Caller): RequestContext {
  return { caller, device: {}, setSession() {}, setDevice() {} };
}
