import { TRPCError } from "@trpc/server";
import type { User } from "../shared/account.js";
import { signInFirst } from "../router/base-procedures.js";
import type { Caller } from "../shared/caller.js";
import { accountSchema, createAccountStore, toUser } from "./accounts/account-store.js";
import { createFindSession } from "./accounts/create-find-session.js";
import { createRefresh } from "./accounts/create-refresh.js";
import { sessionSchema } from "./accounts/session-row.js";
import { createSessionStore } from "./accounts/session-store.js";
import { createSessionsRoom } from "./accounts/sessions-room.js";
import { createUserAccount, type UserAccount } from "./accounts/user-account.js";
import { SessionEnded, type Owned } from "./entry.js";
import type { InternalRequest } from "../shared/internal.js";
import type { KindOfObject, ObjectEnvironment } from "./kind-of-object.js";
import { createOwnerStorage } from "./owner-storage.js";
import { socketSchema } from "./sockets/subscription-store.js";
import { createTransaction } from "./strict-transaction.js";

/** A user's own object: their account, their sessions, the app's tables of theirs. */
export function createUserObject({
  state,
  app,
  address,
  alarms,
  identity,
  endSession,
}: ObjectEnvironment): KindOfObject {
  const { storage } = state;
  const owned = createOwnerStorage({
    storage,
    tableSet: app.tables.user,
    frameworkTables: [accountSchema, sessionSchema, socketSchema],
    retention: app.retention,
    alarms,
  });
  const { lifetime } = owned;
  const accounts = createAccountStore(storage.sql);
  const sessions = createSessionStore(storage.sql, app.session);
  const account = createUserAccount({
    userId: address.id,
    identity,
    isBorn: lifetime.isBorn,
    birth: lifetime.birth,
    accounts,
    sessions,
    accessSeconds: app.session.accessToken,
    onSessionEnd: endSession,
  });
  const findSession = createFindSession({ userId: address.id, identity, isBorn: lifetime.isBorn, accounts, sessions });
  const transaction = createTransaction(storage);
  const owner = { type: "user", id: address.id } as const;

  const authorize: Owned["authorize"] = (caller, { kind }) => {
    if (kind === "refresh") {
      // The token that came along is the proof, and the procedure looks at it.
      if (!lifetime.isBorn()) throw new SessionEnded();
      return;
    }
    if (caller.type === "anonymous") throw signInFirst();
    if (kind === "organization" || kind === "email") throw elsewhere(kind);
    if (!lifetime.isBorn())
      throw caller.type === "user" && caller.via === "session" ? new SessionEnded() : noSuchUser();
    if (!account.admits(caller))
      throw caller.type === "user" && caller.via === "session" ? new SessionEnded() : notTheirs();
  };

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
      get tables() {
        return owned.tables(call, live);
      },
    }),
    room: (visit) => ({
      address,
      atomic: owned.atomic,
      setSession: visit.setSession,
      account: account.room(visit.setSession),
      refresh: createRefresh({ userId: address.id, identity, account, visit }),
      sessions: createSessionsRoom({ ...visit, sessions, onSessionEnd: endSession }),
    }),
    internal: (request) => answer({ ...account, findSession }, request),
    live: {
      hub: owned.hub,
      isBorn: lifetime.isBorn,
      isAlive: (caller: Caller) => lifetime.isBorn() && account.isAlive(caller),
    },
    settle: owned.settle,
    start: lifetime.update,
    tables: () => {
      if (!lifetime.isBorn()) throw noSuchUser();
      return owned.tables();
    },
  };
}

type Answers = UserAccount & { readonly findSession: ReturnType<typeof createFindSession> };

function answer(account: Answers, request: InternalRequest): unknown {
  switch (request.op) {
    case "createAccount":
      return account.create(request);
    case "hasAccount":
      return account.has(request.email);
    case "login":
      return account.login(request);
    case "refresh":
      return account.refresh(request.sessionId, request.generation);
    case "loadSession":
      return account.findSession(request.token);
  }
}

function noSuchUser(): TRPCError {
  return new TRPCError({ code: "NOT_FOUND", message: "There is no such user." });
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
