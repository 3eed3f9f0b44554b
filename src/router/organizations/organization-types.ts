import type { AppDefinition } from "../definition.js";
import type { PermissionOf, RoleOf } from "./role-definitions.js";
import type { WithSettings } from "./settings.js";

interface OrganizationBase {
  /** 128 random bits as 32 hex digits, after the jurisdiction of the organization if there is one. Never changes. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** An organization, as `ctx.organization` of its procedures. */
export type OrganizationOf<TApp extends AppDefinition> = OrganizationBase & WithSettings<TApp>;

/** The member who makes a call. */
export interface OrganizationMember<TApp extends AppDefinition> {
  readonly userId: string;
  readonly email: string;
  readonly role: RoleOf<TApp["roles"]>;
  readonly joinedAt: Date;
  /** The permissions of the role. */
  readonly permissions: readonly PermissionOf<TApp["roles"]>[];
}

/** An organization, with the role and permissions of the member who reads it. */
export type OrganizationView<TApp extends AppDefinition> = OrganizationOf<TApp> & {
  readonly role: RoleOf<TApp["roles"]>;
  readonly permissions: readonly PermissionOf<TApp["roles"]>[];
};
