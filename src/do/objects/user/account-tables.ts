import { carriedMessageTables, socketTables, type CarriedTables } from "../../recovery/carried-rows.js";
import { mailTokenSchema, usedMailTokenSchema } from "../../mail/mail-token-store.js";
import { leaseHolderSchema } from "../../organizations/lease-holders.js";
import { acceptedInvitationSchema, userOrganizationSchema } from "../../organizations/user-organization-store.js";
import { reportSchema } from "../../directory/create-reporter.js";
import { inboxSchema } from "../../messaging/create-inbox.js";
import { frameworkTriggersSql } from "../../tables/schema/change-log-sql.js";
import { outboxTables } from "../../messaging/outbox-store.js";
import { deletionSchema } from "../../accounts/account-deletion.js";
import { accountSchema, profileSchema } from "../../accounts/account-store.js";
import { operationLogSchema } from "../../accounts/operation-log.js";
import { suspensionSchema } from "../../accounts/suspension.js";
import { auditSchema } from "../../accounts/audit-log.js";
import { deviceEpochSchema } from "../../accounts/sessions/device-epoch.js";
import { throttleSchema } from "../../rate/create-throttle.js";
import { inviterSchema } from "../../organizations/inviter-table.js";
import { blockedInviterSchema } from "../../organizations/blocked-inviters.js";
import { emailChangeSchema } from "../../accounts/email/pending-change.js";
import { rateLogSchema } from "../../rate/rate-log.js";
import { sessionSchema, sessionDetailSchema } from "../../accounts/sessions/session-row.js";
import { userFieldsSchema } from "../../accounts/user-fields.js";
import { userRoleSchema } from "../../app-roles/user-role-store.js";
import { roleHolderSchema } from "../../app-roles/user-roles.js";

/** The framework's tables of a user. */
export const accountTables: readonly string[] = [
  accountSchema,
  profileSchema,
  userFieldsSchema,
  sessionSchema,
  ...sessionDetailSchema,
  ...outboxTables,
  inboxSchema,
  mailTokenSchema,
  usedMailTokenSchema,
  auditSchema,
  rateLogSchema,
  throttleSchema,
  emailChangeSchema,
  deviceEpochSchema,
  suspensionSchema,
  operationLogSchema,
  deletionSchema,
  userOrganizationSchema,
  ...inviterSchema("_invited"),
  acceptedInvitationSchema,
  blockedInviterSchema,
  leaseHolderSchema,
  ...userRoleSchema,
  roleHolderSchema,
  reportSchema,
  // Tables that built-in queries read are logged, so that these queries can be live.
  ...frameworkTriggersSql("_account"),
  ...frameworkTriggersSql("_profile", "only"),
  ...frameworkTriggersSql("_user_fields", "only"),
  ...frameworkTriggersSql("_sessions"),
  ...frameworkTriggersSql("_audit"),
];

/**
 * A restore resets the rows and keys of the app, and the profile. All decisions of the framework and of server code stay: sessions,
 * the password, the address, roles, memberships, and which messages were sent and received.
 */
export const userCarriedTables: CarriedTables = {
  carried: [
    "_account",
    "_user_fields",
    "_sessions",
    "_session_details",
    ...carriedMessageTables,
    "_schedules",
    "_mail_tokens",
    "_used_mail_tokens",
    "_audit",
    "_rate_log",
    "_throttle",
    "_email_change",
    "_device_epoch",
    "_suspension",
    "_operations",
    "_deletion",
    "_organizations",
    "_invited",
    "_inviters",
    "_accepted",
    "_blocked_inviters",
    "_lease_holders",
    "_user_app_roles",
    "_user_app_roles_lease",
    "_app_role_holders",
    "_directory_report",
  ],
  required: ["_profile"],
  cleared: socketTables,
};
