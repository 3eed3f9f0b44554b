import { notSignedIn } from "../../../router/auth/not-signed-in.js";
import type { Caller } from "../../../shared/caller.js";
import type { InternalRequest } from "../../../shared/internal.js";
import { kvSchema } from "../../kv/kv-table.js";
import type { HandlerReply, ObjectHandler, ObjectEnvironment } from "../object-handler.js";
import { createMemberAccess } from "../../organizations/member-access.js";
import { createOrganizationService, notAMember } from "../../organizations/organization-service.js";
import { composeOrganizationObject, organizationTables } from "./compose-organization-object.js";
import { createOwnerStorage } from "../owner-storage.js";
import { socketSchema } from "../../sockets/subscription-store.js";
import { createFrameworkSchema } from "../../tables/schema/framework-schema.js";
import { createTransaction } from "../../lifecycle/transaction.js";
import { SessionEnded } from "../../lifecycle/caller-errors.js";

const framework = createFrameworkSchema({ statements: [socketSchema, kvSchema, ...organizationTables] });

/** An organization's object: what its members share, and who they are. */
export function createOrganizationObject(environment: ObjectEnvironment): ObjectHandler {
  const { state, app, address, alarms, endSession } = environment;
  const { roles: rolePolicy } = app.definition;
  const { settings } = app.definition.app;
  const ownerStorage = createOwnerStorage({
    storage: state.storage,
    tableSet: app.tables.organization,
    framework,
    kvSchemas: app.definition.app.kv,
    retention: app.retention,
    alarms,
  });
  const services = composeOrganizationObject(environment, ownerStorage);
  const { deps, exists } = services;
  const { organizations, members, leases, outbox } = deps;
  const { access, resolveAccess, permissionVersion } = createMemberAccess({ exists, members, leases, endSession });
  const transaction = createTransaction(state.storage);
  const owner = { type: "organization", id: address.id } as const;

  return {
    resolveAccess,
    authorize(caller) {
      if (caller.type === "anonymous") throw notSignedIn();
      const granted = access(caller);
      if (granted === "forbidden") throw notAMember();
      // The lease has ended since it was asked for.
      if (granted !== "granted") throw new SessionEnded();
    },
    accessReads: (caller) =>
      caller.type === "user"
        ? [{ table: "_members", where: [{ column: "id", operator: "==", values: [caller.userId] }] }]
        : [],
    context: (caller, call, live) =>
      ofMember(caller, {
        caller,
        owner,
        lastEventId: call.lastEventId,
        transaction,
        // Getters, so that a procedure pays only for what it reads.
        get organization() {
          const organization = organizations.read();
          if (!organization) throw notAMember();
          const { settings: stored, ...rest } = organization;
          return settings ? { ...rest, settings: stored } : rest;
        },
        get member() {
          const { userId, email, role, joinedAt } = createOrganizationService({ ...services, settings, caller }).self();
          return { userId, email, role, joinedAt, permissions: rolePolicy.permissionsOf(role) };
        },
        get tables() {
          return ownerStorage.tables(call, live());
        },
        get kv() {
          return ownerStorage.kv(call, live());
        },
        get db() {
          return ownerStorage.database();
        },
      }),
    services({ caller, setSession }) {
      // Made once it is needed: a query of the app's own may need nothing of it.
      let made: ReturnType<typeof createOrganizationService> | undefined;
      const own = () => (made ??= createOrganizationService({ ...services, settings, caller }));
      return {
        address,
        atomic: (work) =>
          ownerStorage.atomic(() => {
            // A member may have been removed, or become less, since the call came in.
            own().check();
            return work();
          }),
        setSession,
        organization: () => own().room,
      };
    },
    internal: (request) => answer(services, request),
    sockets: {
      hub: ownerStorage.hub,
      isInitialized: ownerStorage.lifetime.isInitialized,
      isShared: true,
      rows: ownerStorage.storedRows,
      access,
      resolveAccess,
      permissionVersion,
    },
    flushWrites: ownerStorage.settle,
    flushOutbox: outbox.flushPosted,
    start: ownerStorage.start,
    deadLetters: outbox.deadLetters,
  };
}

/** A middleware of the app's may spread its context, which reads all of it: the app itself has no member to be read. */
function ofMember<TContext extends { readonly member: unknown }>(caller: Caller, context: TContext): TContext {
  return caller.type === "user" ? context : Object.defineProperty(context, "member", { enumerable: false });
}

type Services = ReturnType<typeof composeOrganizationObject>;

function answer(
  { receive, answerInvitation, isLastOwner }: Services,
  request: InternalRequest,
): HandlerReply | Promise<HandlerReply> {
  if (request.op === "deliver") return receive(request);
  if (request.op === "answerInvitation") return answerInvitation(request);
  if (request.op === "isLastOwner") return isLastOwner(request.userId);
  throw new Error(`An organization's object does not answer "${request.op}".`);
}
