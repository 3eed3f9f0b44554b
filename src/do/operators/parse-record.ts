import { z } from "zod";
import type { AppDefinition } from "../../router/definition.js";
import { pastInput } from "../../router/admin/admin-inputs.js";
import { inputReasonOf } from "../../router/input-issue.js";
import { organizationName } from "../../router/organizations/settings.js";
import type { NewAccount } from "../../shared/account.js";
import { canonicalEmail } from "../../shared/email-address.js";
import type { ImportedData, ImportRefusal } from "../../shared/import-requests.js";
import { readImportedFields } from "../fields/read-imported.js";
import { describeIssues } from "../tables/write/parse-row.js";
import { toTime } from "./import-times.js";

/** The owner of a row or a key: an address, an organization of the file, or the app. */
export type RecordOwner =
  | { readonly type: "user"; readonly email: string }
  | { readonly type: "organization"; readonly id: string }
  | { readonly type: "app" };

/** A record of an import after the checks that need no other object. */
export type ParsedRecord =
  | { readonly type: "account"; readonly account: NewAccount }
  | { readonly type: "role"; readonly email: string; readonly role: string }
  | {
      readonly type: "newOrganization";
      readonly id: string;
      readonly name: string;
      readonly settings: unknown;
      readonly createdAt: Date | undefined;
      readonly email: string;
    }
  | {
      readonly type: "member";
      readonly id: string;
      readonly email: string;
      readonly role: string;
      readonly joinedAt: Date | undefined;
    }
  | { readonly type: "data"; readonly owner: RecordOwner; readonly data: ImportedData };

const IGNORED: ReadonlySet<unknown> = new Set(["emailChange", "session", "blockedInviter", "schedule", "audit"]);

const email = z.string("Enter an email address.").transform((value, context) => {
  const canonical = canonicalEmail(value);
  if (canonical !== undefined) return canonical;
  context.addIssue({ code: "custom", message: "Enter a valid email address.", params: { reason: "EMAIL_INVALID" } });
  return z.NEVER;
});
const time = z.preprocess(toTime, pastInput.optional());
const id = z.string().min(1).max(256);
const text = z.string().min(1).max(256);

const accountData = {
  email,
  emailVerified: z.boolean().default(false),
  createdAt: time,
  profile: z.unknown().optional(),
  fields: z.unknown().optional(),
};

const owner = { user: email.optional(), organization: id.optional(), app: z.literal(true).optional() };

const schemas = {
  user: z.strictObject({
    type: z.literal("user"),
    data: z.strictObject({ ...accountData, passwordHash: z.string().max(512).optional() }),
  }),
  account: z.object({ type: z.literal("account"), data: z.object(accountData) }),
  role: z.strictObject({ type: z.literal("role"), user: email, role: text }),
  newOrganization: z.strictObject({
    type: z.literal("newOrganization"),
    id,
    name: organizationName,
    settings: z.unknown().optional(),
    createdAt: time,
    owner: email,
  }),
  member: z.strictObject({
    type: z.literal("member"),
    organization: id,
    user: email,
    role: text,
    joinedAt: time,
  }),
  row: z.strictObject({
    type: z.literal("row"),
    table: text,
    data: z.record(z.string(), z.unknown()),
    ...owner,
  }),
  key: z.strictObject({
    type: z.literal("key"),
    // An export has the version and the times of the key too.
    data: z.object({ key: z.string(), value: z.unknown(), expiresAt: z.preprocess(toTime, z.date().optional()) }),
    ...owner,
  }),
  organization: z.object({
    type: z.literal("organization"),
    user: email.optional(),
    data: z.discriminatedUnion("status", [
      z.object({ status: z.literal("member"), id, role: text, joinedAt: time }),
      z.object({ status: z.literal("invited") }),
    ]),
  }),
};

/** Parses the records of one call in order: those without an owner belong to the account that precedes them. */
export function createRecordParser(app: AppDefinition, account: string | undefined) {
  let current = account;

  function fieldsOf(name: "profile" | "fields" | "settings", value: unknown, isStored: boolean): unknown {
    const schema = app[name];
    if (!schema) {
      if (value === undefined || (isStored && isEmpty(value))) return undefined;
      throw new Refused("INPUT_INVALID", `The app has no ${name}. Declare them, or leave them out.`);
    }
    const { data, issues } = readImportedFields(schema, value ?? {}, isStored);
    if (issues.length > 0)
      throw new Refused("INPUT_INVALID", `The ${name} cannot be imported. ${describeIssues(issues)}`);
    if (name !== "fields") return data;
    // Those that are not given keep the default of the version that reads them.
    const given = new Set(Object.keys((value ?? {}) as object));
    return Object.fromEntries(Object.entries(data).filter(([field]) => given.has(field)));
  }

  function toAccount(data: z.output<typeof schemas.user>["data"], isStored: boolean): ParsedRecord {
    const fields = data.fields === undefined ? undefined : fieldsOf("fields", data.fields, isStored);
    const profile = fieldsOf("profile", data.profile, isStored);
    const { passwordHash } = data;
    return {
      type: "account",
      account: {
        email: data.email,
        emailVerified: data.emailVerified,
        createdAt: data.createdAt,
        ...(profile !== undefined && { profile }),
        ...(fields !== undefined && { fields: fields as Readonly<Record<string, unknown>> }),
        ...(passwordHash !== undefined && { passwordHash }),
      },
    };
  }

  function ownerOf(given: {
    readonly user?: string | undefined;
    readonly organization?: string | undefined;
    readonly app?: true | undefined;
  }): { readonly owner: RecordOwner; readonly isStored: boolean } {
    const named = [given.user, given.organization, given.app].filter((each) => each !== undefined);
    if (named.length > 1) throw new Refused("RECORD_INVALID", "The record has several owners. Name one.");
    if (given.user !== undefined) return { owner: { type: "user", email: given.user }, isStored: false };
    if (given.organization !== undefined)
      return { owner: { type: "organization", id: given.organization }, isStored: false };
    if (given.app) return { owner: { type: "app" }, isStored: false };
    if (current !== undefined) return { owner: { type: "user", email: current }, isStored: true };
    throw new Refused(
      "RECORD_INVALID",
      "The record has no owner. Add `user`, `organization` or `app`, or put it after the account that it belongs to.",
    );
  }

  function parse(record: unknown): ParsedRecord | "ignored" {
    const type = (record as { readonly type?: unknown } | null | undefined)?.type;
    if (IGNORED.has(type)) return "ignored";
    switch (type) {
      case "user":
        return toAccount(read(schemas.user, record).data, false);
      case "account": {
        // If this one is refused, the records after it must not go to the account before it.
        current = undefined;
        const { data } = read(schemas.account, record);
        current = data.email;
        return toAccount(data, true);
      }
      case "role": {
        const { user, role } = read(schemas.role, record);
        return { type, email: user, role };
      }
      case "newOrganization": {
        const { owner: ownerEmail, ...organization } = read(schemas.newOrganization, record);
        const settings = fieldsOf("settings", organization.settings, false);
        return { ...organization, settings, createdAt: organization.createdAt, email: ownerEmail };
      }
      case "member": {
        const { organization, user, role, joinedAt } = read(schemas.member, record);
        return { type, id: organization, email: user, role, joinedAt };
      }
      case "row": {
        const { table, data, ...given } = read(schemas.row, record);
        const { owner: of, isStored } = ownerOf(given);
        return { type: "data", owner: of, data: { type, table, data, isStored } };
      }
      case "key": {
        const { data, ...given } = read(schemas.key, record);
        const { owner: of, isStored } = ownerOf(given);
        const { key, value, expiresAt } = data;
        return { type: "data", owner: of, data: { type, key, value, expiresAt: expiresAt?.getTime(), isStored } };
      }
      case "organization": {
        const { user = current, data } = read(schemas.organization, record);
        if (data.status === "invited") return "ignored";
        if (user === undefined) throw new Refused("RECORD_INVALID", "The record has no owner. Add `user`.");
        return { type: "member", id: data.id, email: user, role: data.role, joinedAt: data.joinedAt };
      }
      default:
        throw new Refused("RECORD_INVALID", `The record has no known type: ${describeType(type)}.`);
    }
  }

  return (record: unknown): ParsedRecord | "ignored" | ImportRefusal => {
    try {
      return parse(record);
    } catch (error) {
      if (error instanceof Refused) return { reason: error.reason, message: error.message };
      throw error;
    }
  };
}

class Refused extends Error {
  readonly reason: ImportRefusal["reason"];

  constructor(reason: ImportRefusal["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

function read<TSchema extends z.ZodType>(schema: TSchema, record: unknown): z.output<TSchema> {
  const { success, data, error } = schema.safeParse(record);
  if (success) return data;
  throw new Refused(inputReasonOf(error) ?? "RECORD_INVALID", describeIssues(error.issues));
}

function describeType(type: unknown): string {
  return typeof type === "string" ? JSON.stringify(type.slice(0, 80)) : typeof type;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
