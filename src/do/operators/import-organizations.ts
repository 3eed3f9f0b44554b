import { ConfigurationError } from "../../shared/configuration-error.js";
import type { ImportedOwner, ImportOutcome, ImportRefusal } from "../../shared/import-requests.js";
import type { OrganizationOverview } from "../../shared/operator.js";
import { parseName, toName } from "../../shared/owner.js";
import { stubOf } from "../../shared/object-stub.js";
import { sendInternal, sendInternalRead } from "../../shared/send-internal.js";
import { operationIdOf } from "../idempotency/operation-id.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import { organizationTaken, organizationUnknown, refusalOf, userUnknown } from "./import-refusals.js";
import type { ImportedOrganization, ImportedOrganizations } from "./imported-organizations.js";
import type { ParsedRecord } from "./parse-record.js";

type NewOrganization = Extract<ParsedRecord, { readonly type: "newOrganization" }>;

export interface OrganizationImportOptions {
  readonly identity: () => AppIdentity;
  readonly imported: ImportedOrganizations;
  /** Whether records can name organizations that no import created. */
  readonly mayAdd: boolean;
  /** Returns the user of an address. */
  readonly findUser: (email: string) => Promise<string | undefined>;
  readonly ownAccount: (email: string) => ImportedOwner;
}

/** Creates and finds the organizations of the records of one call, by the ids of the file. */
export function createOrganizationImport(options: OrganizationImportOptions) {
  const { identity, imported, mayAdd, findUser, ownAccount } = options;
  const found = new Map<string, Promise<string | ImportRefusal>>();

  async function describe(id: string): Promise<OrganizationOverview | undefined> {
    const address = { type: "organization", id } as const;
    const reply = await sendInternalRead(identity().namespace, address, { op: "describeOrganization" });
    return reply.ok ? reply.value : undefined;
  }

  /** Whether the organization of an id can be that of another user than the one for whom it was created. */
  async function canBelongTo(userId: string, { organizationId }: ImportedOrganization): Promise<boolean> {
    // An interrupted import may still create it.
    if (organizationId === undefined) return false;
    const overview = await describe(organizationId);
    return !overview || overview.members.some((member) => member.userId === userId);
  }

  async function create(record: NewOrganization, key: string): Promise<ImportOutcome> {
    const { id, email, name, settings, createdAt } = record;
    const userId = await findUser(email);
    if (userId === undefined) return userUnknown;
    const before = imported.read(key);
    if (before && before.userId !== userId && !(await canBelongTo(userId, before))) {
      found.set(id, Promise.resolve(organizationTaken));
      return organizationTaken;
    }
    imported.write(key, { userId, organizationId: before?.organizationId });
    const user = stubOf(identity().namespace, { type: "user", id: userId });
    const details = { account: ownAccount(email), key: requestKey(id), name, settings, createdAt };
    const created = await sendInternal(user, { op: "importOrganization", ...details });
    if (!created.ok) {
      if (before) imported.write(key, before);
      else imported.delete(key);
      return refusalOf(created);
    }
    imported.write(key, { userId, organizationId: created.value.organizationId });
    return created.value.isNew ? "imported" : "unchanged";
  }

  async function look(id: string): Promise<string | ImportRefusal> {
    const known = imported.read(keyOf(id))?.organizationId;
    if (known !== undefined) return known;
    if (!mayAdd || !parseName(toName({ type: "organization", id }))) return organizationUnknown;
    try {
      return (await describe(id)) ? id : organizationUnknown;
    } catch (error) {
      // The platform does not accept the jurisdiction of the id, so that it has no object there.
      if (error instanceof ConfigurationError) return organizationUnknown;
      throw error;
    }
  }

  return {
    add(record: NewOrganization): Promise<ImportOutcome> {
      const key = keyOf(record.id);
      return imported.runAlone(key, () => create(record, key));
    },

    /** Returns the organization that an id of the file names. */
    find(id: string): Promise<string | ImportRefusal> {
      const known = found.get(id);
      if (known) return known;
      const finding = look(id);
      found.set(id, finding);
      return finding;
    },
  };
}

const requestKey = (id: string): string => `import organization ${id}`;
const keyOf = (id: string): string => operationIdOf(requestKey(id));
