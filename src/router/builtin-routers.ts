import { createAccountRouter } from "./account/account-router.js";
import { createAdminRouter } from "./admin/admin-router.js";
import type { AppRolePolicy } from "./app-roles/app-role-policy.js";
import { createAuthRouter } from "./auth/auth-router.js";
import type { AppDefinition } from "./definition.js";
import { createEventsRouter, emitProcedure } from "./events/events-router.js";
import { createKvRouter } from "./kv/kv-router.js";
import { liveProcedure } from "./live/live-procedure.js";
import { createOrganizationsRouter } from "./organizations/organizations-router.js";
import type { RolePolicy } from "./organizations/role-policy.js";
import { createPresenceRouter } from "./presence/presence-router.js";
import { scheduleRouter } from "./schedule/schedule-router.js";
import type { SessionSchema } from "./sessions/session-data.js";
import { createSessionsRouter } from "./sessions/sessions-router.js";

interface BuiltinRoutersOptions<TApp extends AppDefinition, TSession> {
  readonly profile: TApp["profile"];
  readonly session: TSession;
  readonly kv: TApp["kv"];
  readonly settings: TApp["settings"];
  readonly roles: RolePolicy;
  readonly appRoles: AppRolePolicy;
}

/** Creates the routers of the framework, with the types of an app. */
export function createBuiltinRouters<TApp extends AppDefinition, TSession extends SessionSchema>({
  profile,
  session,
  kv,
  settings,
  roles,
  appRoles,
}: BuiltinRoutersOptions<TApp, TSession>) {
  return {
    auth: createAuthRouter<TApp>(profile),
    account: createAccountRouter<TApp>(profile),
    sessions: createSessionsRouter(session),
    kv: createKvRouter<TApp["kv"]>(kv),
    events: createEventsRouter<TApp>(),
    presence: createPresenceRouter<TApp>(),
    _emit: emitProcedure,
    _live: liveProcedure,
    organizations: createOrganizationsRouter<TApp>(settings, roles),
    admin: createAdminRouter<TApp>(appRoles, profile),
    schedule: scheduleRouter,
  };
}
