import type { AppDefinition } from "../definition.js";
import type { PermissionOf, RoleOf } from "./role-definitions.js";
import type { WithSettings } from "./settings.js";

interface OrganizationBase {
  /** 128 random bits as 32 hex digits, stable for life. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** An organization, as the procedures that run in it find it on their context. */
export type OrganizationOf<TApp extends AppDefinition> = OrganizationBase & WithSettings<TApp>;

/** The member who makes a call. */
export interface OrganizationMember<TApp extends AppDefinition> {
  readonly userId: string;
  readonly email: string;
  readonly role: RoleOf<TApp["roles"]>;
  readonly joinedAt: Date;
  /** All that the role may do. */
  readonly permissions: readonly PermissionOf<TApp["roles"]>[];
}

/** An organization as one of its members sees it: with what they are in it. */
export type OrganizationView<TApp extends AppDefinition> = OrganizationOf<TApp> & {
  readonly role: RoleOf<TApp["roles"]>;
  readonly permissions: readonly PermissionOf<TApp["roles"]>[];
};
