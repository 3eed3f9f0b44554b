import type { Call, SessionEffect } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";

/**
 * A caller's current access to an object and its events. `unknown`: another object must be asked first. `forbidden`: the
 * caller is not a member. `suspended`: an operator has suspended the caller's account.
 */
export type Access = "granted" | "unknown" | "session-ended" | "suspended" | "forbidden";

/** The caller and the device of a request, and the effects that its reply can have on cookies. */
export interface RequestContext extends Pick<
  Call,
  "refreshCookie" | "accessExpiresAt" | "signUpRequest" | "socketKey"
> {
  readonly caller: Caller;
  /** Empty for a call over a socket, or from another Worker. */
  readonly device: Device;
  /** Sets the session's cookies on the reply, or clears them with `null`. */
  readonly setSession: (effect: SessionEffect) => void;
  /** Sets the browser's device cookie on the reply. */
  readonly setDevice: (deviceToken: string) => void;
}

/** The context of a message on a socket: its device is not known, and it cannot set cookies. */
export function socketContext(caller: Caller, socketKey?: string): RequestContext {
  return { caller, socketKey, device: {}, setSession() {}, setDevice() {} };
}
