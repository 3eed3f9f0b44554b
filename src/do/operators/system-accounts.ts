import { addToDevice } from "../../jwt/device-token.js";
import type { SystemAccountsService } from "../../router/admin/system-accounts-service.js";
import { emailTaken } from "../../router/auth/email-taken.js";
import { reasonOf } from "../../router/reasoned-error.js";
import { emailObjectAddress } from "../../shared/email-object-address.js";
import { stubOf } from "../../shared/object-stub.js";
import { randomId } from "../../shared/random-id.js";
import { sendInternal } from "../../shared/send-internal.js";
import { clientError } from "../accounts/client-error-result.js";
import type { ActionLog } from "../audit/action-log.js";
import { operationIdOf } from "../idempotency/operation-id.js";
import { userNotFound } from "../lifecycle/caller-errors.js";
import type { AppIdentity } from "../lifecycle/identity.js";

export interface SystemAccountsOptions {
  readonly log: Pick<ActionLog, "add">;
  readonly identity: () => AppIdentity;
}

/** Creates accounts and sessions for the app itself. The user's object records each in both audit logs. */
export function createSystemAccounts({ log, identity }: SystemAccountsOptions): SystemAccountsService {
  return {
    async create(account, idempotencyKey) {
      const { namespace, secrets } = identity();
      const address = await emailObjectAddress(secrets.index, account.email);
      const operationId = operationIdOf(idempotencyKey);
      const added = await sendInternal(stubOf(namespace, address), { op: "addAccount", operationId, account });
      if (added.ok) return { userId: added.value.userId };
      throw added.reason === "CLIENT_ERROR" ? clientError(added) : emailTaken();
    },

    async createSession(userId, device) {
      const { namespace, secrets, binding } = identity();
      const target = { type: "user", id: userId } as const;
      const created = await sendInternal(stubOf(namespace, target), { op: "createSession", device: device ?? {} });
      if (!created.ok) {
        const error = created.reason === "CLIENT_ERROR" ? clientError(created) : userNotFound();
        const failure = reasonOf(error) ?? "UNEXPECTED";
        log.add({ actor: { type: "system" }, action: "user.createSession", target, outcome: "failed", failure });
        throw error;
      }
      const { signedIn, tokens, deviceEpoch: epoch } = created.value;
      if (!device) return { ...signedIn, tokens };
      const options = { secrets: secrets.jwt, audience: binding, newId: randomId(), epoch };
      return { ...signedIn, tokens: { ...tokens, deviceToken: await addToDevice(device.token, userId, options) } };
    },
  };
}
