import type { ImportInput, ImportService } from "../../router/admin/import-service.js";
import type { RoleAdministrationService } from "../../router/app-roles/role-administration-service.js";
import { reasonOf } from "../../router/reasoned-error.js";
import { missingAppPermission } from "../../router/requirement.js";
import type { OperatorPermission } from "../../router/app-roles/app-role-definitions.js";
import { TRPCError } from "@trpc/server";
import type { AppDefinition } from "../../router/definition.js";
import { emailObjectAddress } from "../../shared/email-object-address.js";
import type { ImportReport } from "../../shared/import-record.js";
import type { ImportedData, ImportOutcome, ImportRefusal } from "../../shared/import-requests.js";
import { stubOf, type ObjectStub } from "../../shared/object-stub.js";
import { sendInternal, sendInternalRead } from "../../shared/send-internal.js";
import type { ActionLog, NewAction } from "../audit/action-log.js";
import { operationIdOf } from "../idempotency/operation-id.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import { createOrganizationImport } from "./import-organizations.js";
import { accountNotImported, addressReserved, refusalOf, userUnknown } from "./import-refusals.js";
import type { ImportedOrganizations } from "./imported-organizations.js";
import { createRecordParser, type ParsedRecord, type RecordOwner } from "./parse-record.js";
import { runPool } from "./run-pool.js";

export interface ImportOptions extends Pick<NewAction, "actor" | "device"> {
  readonly app: AppDefinition;
  readonly identity: () => AppIdentity;
  readonly organizations: ImportedOrganizations;
  readonly log: Pick<ActionLog, "add">;
  readonly roles: () => Pick<RoleAdministrationService, "assign">;
  /** Whether a user has a role, which is named in any case. */
  readonly hasRole: (userId: string, role: string) => boolean;
  /** Stores rows and keys of the whole app. */
  readonly importAppData: (records: readonly ImportedData[]) => ImportOutcome[];
  /** Whether the caller has a permission in the app. */
  readonly hasPermission: (permission: OperatorPermission) => boolean;
  /** Whether the verified address would make its user a superadmin, although the caller is not one. */
  readonly isReserved: (email: string) => boolean;
  /** Checks the permission of the call again. @throws TRPCError FORBIDDEN (MISSING_PERMISSION) */
  readonly checkAgain: () => void;
}

/** Limit of the objects that an import writes to at a time. */
const CONCURRENCY = 16;

type Indexed<TRecord> = TRecord & { readonly index: number };
type Typed<TType extends ParsedRecord["type"]> = Indexed<Extract<ParsedRecord, { readonly type: TType }>>;

/** Imports records into the objects of their owners, in the order in which they depend on each other. */
export function createImport(options: ImportOptions): ImportService {
  const { app, identity, log, actor, device, roles, hasRole, importAppData } = options;
  const { hasPermission, isReserved, checkAgain } = options;
  const object = (type: "user" | "organization", id: string): ObjectStub => stubOf(identity().namespace, { type, id });

  return {
    async run({ records, reason, existing, account }: ImportInput): Promise<ImportReport> {
      const outcomes: (ImportOutcome | "ignored" | undefined)[] = records.map(() => undefined);
      const users = new Map<string, Promise<string | undefined>>();
      const ownUsers = new Map<string, Promise<string | ImportRefusal>>();
      const mayAdd = existing === "add";

      async function addressOf(email: string) {
        const { namespace, secrets } = identity();
        return { namespace, address: await emailObjectAddress(secrets.index, email) };
      }

      /** Returns the user of an address. */
      function findUser(email: string): Promise<string | undefined> {
        const known = users.get(email);
        if (known) return known;
        const finding = addressOf(email).then(async ({ namespace, address }) => {
          const found = await sendInternalRead(namespace, address, { op: "findUser" });
          return found?.userId;
        });
        users.set(email, finding);
        return finding;
      }

      const ownAccount = (email: string) => ({ email, operationId: mayAdd ? undefined : accountOperation(email) });

      /** Returns the user of an address, if the import may write to the account. */
      function findOwnUser(email: string): Promise<string | ImportRefusal> {
        const known = ownUsers.get(email);
        if (known) return known;
        const finding = findUser(email).then(async (userId) => {
          if (userId === undefined) return userUnknown;
          const request = { op: "importData", account: ownAccount(email), records: [] } as const;
          const accepted = await sendInternal(object("user", userId), request);
          return accepted.ok ? userId : refusalOf(accepted);
        });
        ownUsers.set(email, finding);
        return finding;
      }

      async function addAccount({ index, account: given }: Typed<"account">): Promise<void> {
        if (given.emailVerified && isReserved(given.email)) return void (outcomes[index] = addressReserved);
        const { namespace, address } = await addressOf(given.email);
        const operationId = accountOperation(given.email);
        const request = { op: "addAccount", operationId, account: given, isImported: true } as const;
        const added = await sendInternal(stubOf(namespace, address), request);
        users.delete(given.email);
        if (added.ok) users.set(given.email, Promise.resolve(added.value.userId));
        if (added.ok) outcomes[index] = added.value.isNew ? "imported" : "unchanged";
        else if (added.reason === "CLIENT_ERROR") outcomes[index] = refusalOf(added);
        else outcomes[index] = mayAdd ? "unchanged" : accountNotImported;
      }

      async function assignRole({ index, email, role }: Typed<"role">): Promise<void> {
        if (!hasPermission("role:assign")) throw missingAppPermission("role:assign");
        const userId = await findOwnUser(email);
        if (typeof userId !== "string") return void (outcomes[index] = userId);
        const isNew = !hasRole(userId, role);
        await roles().assign({ userId, role, reason });
        outcomes[index] = isNew ? "imported" : "unchanged";
      }

      const organizations = createOrganizationImport({
        identity,
        imported: options.organizations,
        mayAdd,
        findUser,
        ownAccount,
      });

      async function addOrganization({ index, ...record }: Typed<"newOrganization">): Promise<void> {
        outcomes[index] = await organizations.add(record);
      }

      async function addMember({ index, id, email, role, joinedAt }: Typed<"member">): Promise<void> {
        const userId = await findOwnUser(email);
        if (typeof userId !== "string") return void (outcomes[index] = userId);
        const organizationId = await organizations.find(id);
        if (typeof organizationId !== "string") return void (outcomes[index] = organizationId);
        const added = await sendInternal(object("organization", organizationId), {
          op: "addMember",
          userId,
          role,
          joinedAt,
        });
        outcomes[index] = added.ok ? (added.value.isNew ? "imported" : "unchanged") : refusalOf(added);
      }

      async function store(owner: RecordOwner, group: readonly Typed<"data">[]): Promise<void> {
        const data = group.map((each) => each.data);
        const results = await send(owner, data);
        for (const [position, { index }] of group.entries())
          outcomes[index] = Array.isArray(results) ? results[position] : (results as ImportRefusal);
      }

      async function send(
        owner: RecordOwner,
        data: readonly ImportedData[],
      ): Promise<readonly ImportOutcome[] | ImportRefusal> {
        if (owner.type === "app") return importAppData(data);
        if (owner.type === "organization") {
          const organizationId = await organizations.find(owner.id);
          if (typeof organizationId !== "string") return organizationId;
          const stored = await sendInternal(object("organization", organizationId), {
            op: "importData",
            records: data,
          });
          return stored.ok ? stored.value : refusalOf(stored);
        }
        const userId = await findUser(owner.email);
        if (userId === undefined) return userUnknown;
        const request = { op: "importData", account: ownAccount(owner.email), records: data } as const;
        const stored = await sendInternal(object("user", userId), request);
        return stored.ok ? stored.value : refusalOf(stored);
      }

      /** Runs work for each record, and turns the errors of the record into refusals. */
      const each = async <TRecord extends { readonly index: number }>(
        items: readonly TRecord[],
        work: (record: TRecord) => Promise<void>,
        limit = CONCURRENCY,
      ): Promise<void> =>
        runPool(items, limit, async (record) => {
          try {
            await work(record);
          } catch (error) {
            const known = reasonOf(error);
            if (known === undefined || !(error instanceof TRPCError)) throw error;
            outcomes[record.index] = { reason: known, message: error.message };
          }
        });

      const entry = { actor, device, action: "data.import", reason } as const;
      const parse = createRecordParser(app, account);
      const parsed: Indexed<ParsedRecord>[] = [];
      for (const [index, record] of records.entries()) {
        const read = parse(record);
        if (read === "ignored" || "reason" in read) outcomes[index] = read;
        else parsed.push({ ...read, index });
      }
      const ofType = <TType extends ParsedRecord["type"]>(type: TType) =>
        parsed.filter((record): record is Typed<TType> => record.type === type);

      const phases: readonly (() => Promise<void>)[] = [
        () => each(ofType("account"), addAccount),
        // One at a time: two records may name the same organization or user.
        () => each(ofType("newOrganization"), addOrganization, 1),
        () => each(ofType("member"), addMember),
        () => each(ofType("role"), assignRole, 1),
        () => runPool(groupByOwner(ofType("data")), CONCURRENCY, ([owner, group]) => store(owner, group)),
      ];
      try {
        for (const phase of phases) {
          await phase();
          checkAgain();
        }
      } catch (error) {
        // Other records may have been imported.
        const failure = reasonOf(error) ?? "UNEXPECTED";
        log.add({ ...entry, detail: describe(toReport(outcomes)), outcome: "failed", failure });
        throw error;
      }
      const report = toReport(outcomes);
      log.add({ ...entry, detail: describe(report) });
      return report;
    },
  };
}

const accountOperation = (email: string): string => operationIdOf(`import account ${email}`);

function groupByOwner(records: readonly Typed<"data">[]) {
  const groups = new Map<string, readonly [RecordOwner, Typed<"data">[]]>();
  for (const record of records) {
    const key = JSON.stringify(record.owner);
    const group = groups.get(key);
    if (group) group[1].push(record);
    else groups.set(key, [record.owner, [record]]);
  }
  return groups.values();
}

function toReport(outcomes: readonly (ImportOutcome | "ignored" | undefined)[]): ImportReport {
  const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
  const refused = outcomes.flatMap((outcome, index) =>
    typeof outcome === "object" ? [{ index, reason: outcome.reason, message: outcome.message }] : [],
  );
  return { imported: count("imported"), unchanged: count("unchanged"), ignored: count("ignored"), refused };
}

function describe({ imported, unchanged, refused }: ImportReport): string {
  return `${imported} imported, ${unchanged} unchanged, ${refused.length} refused`;
}
