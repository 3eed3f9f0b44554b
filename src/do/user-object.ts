import { TRPCError } from "@trpc/server";
import type { User } from "../shared/account.js";
import { signInFirst } from "../router/base-procedures.js";
import { sessionOf, type Caller } from "../shared/caller.js";
import { endEarlier } from "./accounts/account-endings.js";
import { createAccountRoom } from "./accounts/account-room.js";
import { deleteOldMailRates, invalidLink } from "./accounts/account-mails.js";
import { toUser } from "./accounts/account-store.js";
import { createFindSession } from "./accounts/create-find-session.js";
import { createRefresh } from "./accounts/create-refresh.js";
import { createSocketTickets, type SocketTickets } from "./accounts/socket-tickets.js";
import { sessionReplaced } from "./accounts/session-replaced.js";
import { noSuchUser } from "./accounts/no-such-user.js";
import { createSessionsRoom } from "./accounts/sessions-room.js";
import { unknownUser, warnOfUnknownUser } from "./accounts/unknown-user.js";
import { accountTables, createUserServices, type UserServices } from "./accounts/user-services.js";
import { SessionEnded, type Owned } from "./entry.js";
import type { InternalRequest } from "../shared/internal.js";
import { kvSchema } from "./kv/kv-table.js";
import type { KindOfObject, ObjectEnvironment } from "./kind-of-object.js";
import { createOrganizationsRoom } from "./organizations/organizations-room.js";
import { createOwnerStorage } from "./owner-storage.js";
import { socketSchema } from "./sockets/subscription-store.js";
import { createFrameworkSchema } from "./storage/framework-schema.js";
import { SMALL_PAGE_BYTES } from "./storage/page-bytes.js";
import { createTransaction } from "./strict-transaction.js";

const framework = createFrameworkSchema({
  statements: [...accountTables, socketSchema, kvSchema],
  steps: [{ name: "delete the mail rates with addresses", run: deleteOldMailRates }],
});

/** A user's own object: their account, their sessions, the app's tables of theirs. */
export function createUserObject(environment: ObjectEnvironment): KindOfObject {
  const { state, app, address, alarms, identity, endSession } = environment;
  const { storage } = state;
  const owned = createOwnerStorage({
    storage,
    tableSet: app.tables.user,
    framework,
    kvSchemas: app.definition.app.kv,
    retention: app.retention,
    alarms,
    onWritten: () => services.parts.sessions.forget(),
  });
  const { lifetime } = owned;
  const services: UserServices = createUserServices({ environment, owned });
  const { account, exists, parts } = services;
  const { accounts, sessions } = parts;
  const findSession = createFindSession({ userId: address.id, identity, isBorn: exists, accounts, sessions });
  const tickets = createSocketTickets({ userId: address.id, identity, admits: account.admits });
  const transaction = createTransaction(storage);
  const owner = { type: "user", id: address.id } as const;

  const authorize: Owned["authorize"] = (caller, { kind, admits }) => {
    if (kind === "mail") {
      if (!exists()) throw invalidLink();
      return;
    }
    if (kind === "refresh") {
      // The token that came along is the proof, and the procedure looks at it.
      if (!exists()) throw unknownUser(app);
      return;
    }
    if (caller.type === "anonymous") throw signInFirst();
    if (kind === "organization" || kind === "email") throw elsewhere(kind);
    if (account.admits(caller)) return;
    if (admits === "replaced" && account.isOutrun(caller)) return;
    if (admits === "ended" && account.isOwn(caller)) return;
    throw refusalFor(caller);
  };

  function refusalFor(caller: Caller): TRPCError {
    if (caller.type !== "user" || caller.via !== "session") return exists() ? notTheirs() : noSuchUser();
    if (!exists()) return unknownUser(app);
    // Another call of this browser brings the cookies of the new session: clearing them would sign it out.
    return account.isOutrun(caller) ? sessionReplaced() : new SessionEnded();
  }

  return {
    authorize,
    context: (caller, call, live) => ({
      caller,
      owner,
      lastEventId: call.lastEventId,
      transaction,
      // Getters, so that a procedure pays only for what it reads.
      get user(): User {
        const row = accounts.read();
        if (!row) throw noSuchUser();
        return toUser(row);
      },
      setUserFields: services.setUserFields,
      get tables() {
        return owned.tables(call, live());
      },
      get kv() {
        return owned.kv(call, live());
      },
      get db() {
        return owned.database();
      },
    }),
    room: (visit) => ({
      address,
      atomic: owned.atomic,
      setSession: visit.setSession,
      account: () =>
        createAccountRoom({
          ...services,
          visit,
          profile: app.definition.app.profile,
          tables: owned.readableTables,
          tableNames: app.tables.user.tables.keys(),
          rowSizes: owned.rowSizes,
          kv: () => owned.kv(undefined, undefined, SMALL_PAGE_BYTES),
        }),
      organizations: () =>
        createOrganizationsRoom({
          parts,
          store: services.organizationList,
          blocked: services.blockedInviters,
          book: app.definition.roles,
          hasSettings: app.definition.app.settings !== undefined,
        }),
      refresh: (inBody) => createRefresh({ userId: address.id, identity, account, visit })(inBody),
      ...(visit.accessExpiresAt !== undefined && {
        socketTicket: (organizationId) =>
          tickets.issue({ caller: visit.caller, organizationId, accessExpiresAt: visit.accessExpiresAt ?? 0 }),
      }),
      sessions: () =>
        createSessionsRoom({
          ...visit,
          sessions,
          endOthers: () => parts.transaction(() => endEarlier(parts, "signedOutElsewhere", sessionOf(visit.caller))),
          onRevoke: () =>
            parts.audit.add({
              action: "session.revoke",
              outcome: "ok",
              sessionId: sessionOf(visit.caller),
              device: visit.device,
            }),
          onSessionEnd: endSession,
        }),
    }),
    internal: (request) => answer({ ...services, app, findSession, tickets }, request),
    live: {
      hub: owned.hub,
      isBorn: lifetime.isBorn,
      admission: (caller: Caller) => (account.isAlive(caller) ? "alive" : "over"),
      rows: owned.storedRows,
      onUpgrade: account.onUpgrade,
      onUse: account.onUse,
    },
    settle: owned.settle,
    reach: parts.outbox.flushPosted,
    start: owned.start,
    deadLetters: parts.outbox.deadLetters,
    tables: () => {
      if (!exists()) throw noSuchUser();
      return owned.tables();
    },
    kv: () => {
      if (!exists()) throw noSuchUser();
      return owned.kv();
    },
    setUserFields(patch) {
      if (!exists()) throw noSuchUser();
      return services.setUserFields(patch);
    },
    db: () => {
      if (!exists()) throw noSuchUser();
      return owned.database();
    },
  };
}

type Answers = UserServices & {
  readonly app: ObjectEnvironment["app"];
  readonly findSession: ReturnType<typeof createFindSession>;
  readonly tickets: SocketTickets;
};

function answer(services: Answers, request: InternalRequest): unknown {
  const {
    account,
    app,
    passwordReset,
    deviceConfirmation,
    inbox,
    exists,
    findSession,
    lease,
    blockedInviters,
    tickets,
  } = services;
  switch (request.op) {
    case "createAccount":
      return account.create(request);
    case "hasAccount":
      return account.has(request.email);
    case "login":
      return account.login(request);
    case "requestPasswordReset":
      return exists()
        ? passwordReset.request(request.email, { sessionId: undefined, device: request.device })
        : undefined;
    case "requestDeviceLink":
      return exists()
        ? deviceConfirmation.request(request.email, { sessionId: undefined, device: request.device })
        : undefined;
    case "refresh":
      if (!exists()) warnOfUnknownUser(app);
      return account.refresh(request.sessionId, request.generation, request.device);
    case "holdsRefreshToken":
      return account.holds(request.sessionId, request.generation, request.device);
    case "loadSession":
      return findSession(request.token);
    case "redeemSocketTicket":
      return tickets.redeem(request.id, request.organizationId);
    case "deliver":
      return inbox.receive(request);
    case "lease":
      return lease(request);
    case "hasVerified":
      return account.hasVerified(request.email);
    case "blocksInviter":
      return account.hasVerified(request.email) && blockedInviters.has(request.inviter);
    case "admitInvitation":
    case "reserveAddress":
    case "countMail":
    case "answerInvitation":
    case "isLastOwner":
    case "leave":
      throw new Error(`A user's object does not answer "${request.op}".`);
  }
}

function notTheirs(): TRPCError {
  return new TRPCError({ code: "FORBIDDEN", message: "A user's object acts for that user alone." });
}

function elsewhere(kind: string): TRPCError {
  return new TRPCError({
    code: "BAD_REQUEST",
    message:
      kind === "organization"
        ? "This procedure belongs to an organization: open a socket at /trpc?organizationId=… or call it over HTTP."
        : "This procedure is called over HTTP, through the Worker.",
  });
}
