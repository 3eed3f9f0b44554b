import { wrongObject } from "../../../router/wrong-object.js";
import { stubOf, type ObjectStub } from "../../../shared/object-stub.js";
import type { StubOptions } from "../../../shared/restricted-namespace.js";
import type { Delivery, InternalRequest, Receipt } from "../../../shared/internal.js";
import { failure, success } from "../../../shared/result.js";
import { sendInternal } from "../../../shared/send-internal.js";
import { deviceName } from "../../accounts/email/address-sign-in.js";
import { createAddAccount } from "../../accounts/email/add-account.js";
import { createAddressClaims } from "../../accounts/email/address-claims.js";
import { createThrottle, throttleSchema } from "../../rate/create-throttle.js";
import { FORGET_DEVICE_FAILURES } from "../../accounts/sessions/device-confirmation.js";
import { createEmailIndex } from "../../accounts/email/email-index.js";
import { createEmailPointerStore, emailPointerSchema } from "../../accounts/email/email-pointer.js";
import { createInvitationMailer } from "../../organizations/create-invitation-mailer.js";
import { createMailAvailability } from "../../mail/mail-availability.js";
import { createMailBudget, moveInvitationRates } from "../../mail/mail-budget.js";
import { rateLogSchema } from "../../rate/rate-log.js";
import type { WaitingInvitation } from "../../organizations/waiting-invitation.js";
import {
  reservedInvitationSchema,
  createWaitingInvitations,
  waitingInvitationSchema,
} from "../../organizations/waiting-invitations.js";
import { createOutboxStore, outboxTables } from "../../messaging/outbox-store.js";
import { createLifecycle } from "../../lifecycle/lifecycle.js";
import type { HandlerReply, ObjectHandler, ObjectEnvironment } from "../object-handler.js";
import { createObjectOutbox } from "../object-outbox.js";
import { createInbox, inboxSchema } from "../../messaging/create-inbox.js";
import { createFrameworkSchema } from "../../tables/schema/framework-schema.js";

const framework = createFrameworkSchema({
  statements: [
    emailPointerSchema,
    throttleSchema,
    inboxSchema,
    ...outboxTables,
    rateLogSchema,
    waitingInvitationSchema,
    reservedInvitationSchema,
  ],
  steps: [{ name: "move the rates of invitations", run: moveInvitationRates }],
});

/** Creates the handler of an email address: an index without the app's procedures. */
export function createEmailObject(environment: ObjectEnvironment): ObjectHandler {
  const { state, env, app, address, alarms, identity } = environment;
  const { storage } = state;
  const { sql } = storage;
  const mails = createMailBudget({ storage, alarms });
  const { initialize, isInitialized, erase, update } = createLifecycle({ storage, framework });
  const user = (userId: string, options?: StubOptions): ObjectStub =>
    stubOf(identity().namespace, { type: "user", id: userId }, options);

  const transaction = <TResult>(work: () => TResult): TResult => storage.transactionSync(work);
  const outbox = createObjectOutbox({
    environment,
    store: createOutboxStore(sql),
    isInitialized,
    sendMail: createInvitationMailer({ env, settings: app.mail, mails, isBlocked }),
  });
  const invitations = createWaitingInvitations({
    sql,
    isInitialized,
    initialize,
    outbox,
    alarms,
    ownerId,
    isBlocked,
    onPruned: () => claims.eraseIfEmpty(),
  });
  const throttle = createThrottle({
    sql,
    isInitialized,
    initialize,
    alarms,
    options: app.throttle,
    onExpired: () => claims.eraseIfEmpty(),
  });
  const claims = createAddressClaims({
    pointers: createEmailPointerStore(sql, isInitialized),
    user,
    initialize,
    isInitialized,
    alarms,
    hasOtherData,
    mails,
    erase: () => erase(mails.preserve()),
  });
  // Erases the object after the last message of its outbox was delivered.
  alarms.register({
    name: "erase if empty",
    due: () => (isInitialized() && !claims.read() && !hasOtherData() ? 0 : undefined),
    run: claims.eraseIfEmpty,
  });
  const index = createEmailIndex({
    id: address.id,
    identity,
    env,
    location: app.location,
    claims,
    throttle,
    mail: createMailAvailability({ env, settings: app.mail }),
    mails,
    user,
    checkBreachedPassword: app.checkBreachedPassword,
    waitUntil: (work) => state.waitUntil(work),
  });
  const addAccount = createAddAccount({
    claims,
    user,
    env,
    location: app.location,
    maxImportedIterations: app.maxImportedIterations,
  });
  const inbox = createInbox({
    sql,
    transaction,
    isInitialized,
    handlers: {
      commitAddress: claims.handlers.commitAddress,
      releaseAddress(payload) {
        claims.handlers.releaseAddress(payload);
        // The failures belong to an account that no longer has the address.
        if (!claims.read()) throttle.resetAll();
      },
      forgetFailures: throttle.resetAll,
      [FORGET_DEVICE_FAILURES](payload) {
        // Only objects of the app send this message, so the payload is not validated.
        throttle.reset(deviceName((payload as { readonly deviceId: string }).deviceId));
      },
      ...invitations.handlers,
    },
  });

  function ownerId(): string | undefined {
    const pointer = claims.read();
    return pointer?.state === "committed" ? pointer.userId : undefined;
  }

  /** Asks the owner of the address, who alone can block an inviter. */
  async function isBlocked({ email, inviter, invitedBy }: WaitingInvitation): Promise<boolean> {
    const owner = ownerId();
    if (owner === undefined || invitedBy === undefined) return false;
    const blocked = { userId: inviter?.userId, email: invitedBy };
    return sendInternal(user(owner), { op: "blocksInviter", email, inviter: blocked });
  }

  function hasOtherData(): boolean {
    return throttle.hasCounts() || invitations.hasEntries() || (isInitialized() && outbox.countPending() > 0);
  }

  /** An invitation initializes the object if it is the first data of the address. */
  function receive(delivery: Delivery): Receipt {
    const isFirst = !isInitialized() && delivery.letters.some(({ kind }) => kind === "invitation");
    return isFirst ? initialize(() => inbox.receive(delivery)) : inbox.receive(delivery);
  }

  return {
    authorize(_caller, { kind }) {
      if (kind !== "email") throw wrongObject();
    },
    context: () => ({}),
    services: (request) => ({
      address,
      atomic: (work) => work(),
      setSession: request.setSession,
      index: () => index.service(request),
    }),
    async internal(request: InternalRequest): Promise<HandlerReply> {
      if (request.op === "reserveAddress") return claims.reserve(request);
      if (request.op === "addAccount") return addAccount(request);
      if (request.op === "admitInvitation")
        return (await invitations.reserve(request)) ? success(true) : failure("TOO_MANY_INVITATIONS");
      if (request.op === "countMail")
        return mails.take(request.kind, request.id) ? success(true) : failure("TOO_MANY_MAILS");
      if (request.op === "findUser") {
        const userId = ownerId();
        return userId === undefined ? null : { userId };
      }
      if (request.op !== "deliver")
        throw new Error(
          `The object of an email address does not handle "${request.op}". Send it to another kind of object.`,
        );
      const receipt = receive(request);
      await outbox.flushPosted();
      await claims.eraseIfEmpty();
      return receipt;
    },
    start: () => void update(),
    deadLetters: outbox.deadLetters,
    countPending: () => outbox.countPending(),
  };
}
