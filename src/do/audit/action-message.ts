import { appAddress, toName } from "../../shared/owner.js";
import type { MessageHandlers } from "../messaging/create-inbox.js";
import type { OutboxMessage } from "../messaging/outbox-store.js";
import type { ActionLog } from "./action-log.js";

const KIND = "systemAction";

/** An action of the app itself on a user. */
interface SystemAction {
  readonly action: "user.create" | "user.createSession";
  readonly userId: string;
}

/**
 * Creates the message that records an action in the audit log of the app. Posted in the transaction of the action, so that a crash
 * cannot separate them.
 */
export function systemActionMessage(action: SystemAction): OutboxMessage {
  return { target: toName(appAddress), kind: KIND, payload: action };
}

/** The handler of this message in the app's object. Only objects of the app send it, so its payload is not validated. */
export function systemActionHandlers(log: Pick<ActionLog, "add">): MessageHandlers {
  return {
    [KIND](payload) {
      const { action, userId } = payload as SystemAction;
      log.add({ actor: { type: "system" }, action, target: { type: "user", id: userId } });
    },
  };
}
