import type { Delivery, InternalReply, InternalRequest, Receipt } from "../../../shared/internal.js";
import { failure, success } from "../../../shared/result.js";
import { warnOfUnknownUser } from "../../accounts/unknown-user.js";
import type { RoleMessageKind } from "../../app-roles/role-messages.js";
import type { HandlerReply, ObjectEnvironment } from "../object-handler.js";
import type { AccountComponents } from "./account-components.js";

/** Handles messages. If they change the user's roles, waits for a limited time until the user's organizations know them. */
async function deliver({ inbox, userRoles, deps }: AccountComponents, delivery: Delivery): Promise<Receipt> {
  const receipt = inbox.receive(delivery);
  if (receipt.gone || !delivery.letters.some(({ kind }) => kind === ("appRoles" satisfies RoleMessageKind)))
    return receipt;
  await deps.outbox.flushPosted();
  return { ...receipt, pending: userRoles.countPending() };
}

/** Handles the requests of other objects and of the Worker to a user's object. */
export function handleInternal(
  components: AccountComponents,
  app: ObjectEnvironment["app"],
  request: InternalRequest,
): HandlerReply | Promise<HandlerReply> {
  const {
    account,
    passwordReset,
    deviceConfirmation,
    exists,
    findSession,
    lease,
    leaseAccount,
    blockedInviters,
    tickets,
  } = components;
  // A suspended account gets no links, because its object refuses them.
  const getsLinks = (): boolean => exists() && !components.deps.suspension.read(Date.now());
  switch (request.op) {
    case "createAccount":
      return account.create(request);
    case "insertAccount":
      return account.insert(request);
    case "createSession":
      return account.createSession(request);
    case "hasAccount":
      return account.hasEmail(request.email);
    case "login":
      return account.login(request);
    case "requestPasswordReset":
      return getsLinks()
        ? passwordReset.request(request.email, { sessionId: undefined, device: request.device })
        : undefined;
    case "requestDeviceLink":
      return getsLinks()
        ? deviceConfirmation.request(request.email, { sessionId: undefined, device: request.device })
        : undefined;
    case "refresh":
      if (!exists()) warnOfUnknownUser(app);
      return account.refresh(request.sessionId, request.generation, request.device);
    case "holdsRefreshToken":
      return account.acceptsRefreshToken(request.sessionId, request.generation, request.device);
    case "loadSession":
      return findSession(request.token);
    case "redeemSocketTicket":
      return tickets.redeem(request.id, request);
    case "deliver":
      return deliver(components, request);
    case "hasUser":
      return exists();
    case "memberRoles":
      return grantRoles(components, request.organizationId);
    case "lease":
      return lease(request);
    case "leaseAccount":
      return leaseAccount();
    case "hasVerified":
      return account.hasVerified(request.email);
    case "reportEntry":
      return exists() ? components.deps.directory.renew() : failure("ENTRY_NOT_FOUND");
    case "blocksInviter":
      return account.hasVerified(request.email) && blockedInviters.has(request.inviter);
    case "importData":
      return components.importData(request);
    case "importOrganization":
      return components.importOrganization(request);
    case "operate":
      return components.operate(request.operationId, request.action);
    case "exportUser":
      return components.exportPage(request.cursor);
    case "describeUser":
      return components.describe();
    case "prepareRestore":
    case "applyRestore":
    case "finishRestore":
      throw new Error(`"${request.op}" is handled before the other requests.`);
    case "addAccount":
    case "addMember":
    case "describeOrganization":
    case "deleteOrganization":
    case "admitInvitation":
    case "reserveAddress":
    case "countMail":
    case "answerInvitation":
    case "isLastOwner":
    case "appRoles":
    case "releaseSuperadmin":
    case "leave":
    case "findUser":
    case "listUsers":
    case "countUsers":
    case "listOrganizations":
    case "countSchemas":
    case "rebuildDirectory":
      throw new Error(`A user's object does not handle "${request.op}". Send it to another kind of object.`);
    default:
      // A newer version sent it. Without an error, the sender could take the missing reply for an answer.
      throw new Error(`This version does not know the request "${(request as InternalRequest).op}".`);
  }
}

type RolesReply = InternalReply<Extract<InternalRequest, { op: "memberRoles" }>>;

/** Returns the user's current roles for an organization. */
async function grantRoles({ userRoles, deps, exists }: AccountComponents, organizationId: string): Promise<RolesReply> {
  if (!exists()) return failure("USER_NOT_FOUND");
  await userRoles.renewIfExpired();
  if (!exists()) return failure("USER_NOT_FOUND");
  return success(deps.transaction(() => userRoles.grantTo(organizationId)));
}
