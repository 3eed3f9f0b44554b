import { signInFirst } from "../router/base-procedures.js";
import type { Caller } from "../shared/caller.js";
import type { InternalRequest } from "../shared/internal.js";
import { SessionEnded } from "./entry.js";
import { kvSchema } from "./kv/kv-table.js";
import type { KindOfObject, ObjectEnvironment } from "./kind-of-object.js";
import { createAdmission } from "./organizations/admission.js";
import { createOrganizationRoom, notAMember } from "./organizations/organization-room.js";
import { createOrganizationServices, organizationTables } from "./organizations/organization-services.js";
import { createOwnerStorage } from "./owner-storage.js";
import { socketSchema } from "./sockets/subscription-store.js";
import { createFrameworkSchema } from "./storage/framework-schema.js";
import { createTransaction } from "./strict-transaction.js";

const framework = createFrameworkSchema({ statements: [socketSchema, kvSchema, ...organizationTables] });

/** An organization's object: what its members share, and who they are. */
export function createOrganizationObject(environment: ObjectEnvironment): KindOfObject {
  const { state, app, address, alarms, endSession } = environment;
  const { roles: book } = app.definition;
  const { settings } = app.definition.app;
  const owned = createOwnerStorage({
    storage: state.storage,
    tableSet: app.tables.organization,
    framework,
    kvSchemas: app.definition.app.kv,
    retention: app.retention,
    alarms,
  });
  const services = createOrganizationServices(environment, owned);
  const { parts, exists } = services;
  const { organizations, members, leases, outbox } = parts;
  const { admission, admit, standing } = createAdmission({ exists, members, leases, endSession });
  const transaction = createTransaction(state.storage);
  const owner = { type: "organization", id: address.id } as const;

  return {
    admit,
    authorize(caller) {
      if (caller.type === "anonymous") throw signInFirst();
      const admitted = admission(caller);
      if (admitted === "forbidden") throw notAMember();
      // The lease has ended since it was asked for.
      if (admitted !== "alive") throw new SessionEnded();
    },
    watched: (caller) =>
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
          const { userId, email, role, joinedAt } = createOrganizationRoom({ ...services, settings, caller }).self();
          return { userId, email, role, joinedAt, permissions: book.permissionsOf(role) };
        },
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
    room({ caller, setSession }) {
      // Made once it is needed: a query of the app's own may need nothing of it.
      let made: ReturnType<typeof createOrganizationRoom> | undefined;
      const own = () => (made ??= createOrganizationRoom({ ...services, settings, caller }));
      return {
        address,
        atomic: (work) =>
          owned.atomic(() => {
            // A member may have been removed, or become less, since the call came in.
            own().check();
            return work();
          }),
        setSession,
        organization: () => own().room,
      };
    },
    internal: (request) => answer(services, request),
    live: {
      hub: owned.hub,
      isBorn: owned.lifetime.isBorn,
      isShared: true,
      rows: owned.storedRows,
      admission,
      admit,
      standing,
    },
    settle: owned.settle,
    reach: outbox.flushPosted,
    start: owned.start,
    deadLetters: outbox.deadLetters,
  };
}

/** A middleware of the app's may spread its context, which reads all of it: the app itself has no member to be read. */
function ofMember<TContext extends { readonly member: unknown }>(caller: Caller, context: TContext): TContext {
  return caller.type === "user" ? context : Object.defineProperty(context, "member", { enumerable: false });
}

type Services = ReturnType<typeof createOrganizationServices>;

function answer({ receive, answerInvitation, isLastOwner }: Services, request: InternalRequest): unknown {
  if (request.op === "deliver") return receive(request);
  if (request.op === "answerInvitation") return answerInvitation(request);
  if (request.op === "isLastOwner") return isLastOwner(request.userId);
  throw new Error(`An organization's object does not answer "${request.op}".`);
}
