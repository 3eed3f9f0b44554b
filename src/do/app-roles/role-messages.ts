import type { VersionedRoles } from "../../shared/app-roles.js";
import { appAddress, toName } from "../../shared/owner.js";
import type { NewAction } from "../audit/action-log.js";
import type { MessageHandlers } from "../messaging/create-inbox.js";
import type { OutboxMessage } from "../messaging/outbox-store.js";

/** A call that was refused because its caller lacks a permission. */
export interface DeniedCall {
  readonly userId: string;
  /** The path of the procedure. */
  readonly path: string;
  /** The permissions that the procedure requires. */
  readonly permission: string;
  readonly network?: string | undefined;
}

/** The entry of the audit log for a refused call. */
export function deniedAction({ userId, path, permission, network }: DeniedCall): NewAction {
  return {
    actor: { type: "user", id: userId },
    action: "permission.denied",
    target: { type: "procedure", id: path },
    outcome: "denied",
    failure: permission,
    device: { network },
  };
}

/** Most refused calls of a user that an object reports in an hour. */
export const DENIED_RATE = { limit: 20, per: 60 * 60_000 };

/** The messages that objects send each other about the roles in the app. */
export interface RoleMessages {
  /** App → user, and user → organization: the current roles of the user. */
  readonly appRoles: VersionedRoles & { readonly userId: string };
  /** User → app: the user has verified the address of the setting `BOOTSTRAP_ADMIN_EMAIL`. */
  readonly bootstrapSuperadmin: { readonly userId: string };
  /** User → app: the account was deleted. */
  readonly roleUserGone: { readonly userId: string };
  /** User or organization → app: a call was refused. */
  readonly permissionDenied: DeniedCall;
}

export type RoleMessageKind = keyof RoleMessages;

export function roleMessage<TKind extends RoleMessageKind>(
  target: string,
  kind: TKind,
  payload: RoleMessages[TKind],
): OutboxMessage {
  return { target, kind, payload };
}

/** Handlers of these messages. Only objects of the app send them, so their payloads are not validated. */
export function roleHandlersFor<TKind extends RoleMessageKind>(handlers: {
  readonly [TEach in TKind]: (payload: RoleMessages[TEach]) => void;
}): MessageHandlers {
  return handlers as MessageHandlers;
}

/** The name of the object of the whole app. */
export const APP_OBJECT = toName(appAddress);
