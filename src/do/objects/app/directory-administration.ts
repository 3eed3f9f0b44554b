import type { DirectoryService } from "../../../router/admin/directory-service.js";
import type { AuditedChange } from "../../audit/audited-change.js";
import { createDirectoryService } from "../../directory/create-directory-service.js";
import type { ObjectEnvironment } from "../object-handler.js";
import { organizationFramework } from "../organization/organization-object.js";
import { userFramework } from "../user/user-object.js";

/** The directory for one call. A rebuild is recorded in the operator log. */
export function createDirectoryAdministration(
  { app, identity }: Pick<ObjectEnvironment, "app" | "identity">,
  changes: AuditedChange,
): DirectoryService {
  const service = createDirectoryService({
    identity,
    shards: app.directory.shards,
    current: {
      user: { framework: userFramework.version, app: app.tables.user.version },
      organization: { framework: organizationFramework.version, app: app.tables.organization.version },
    },
  });
  return {
    ...service,
    async rebuild(reason) {
      const action = { action: "directory.rebuild", reason };
      try {
        await service.rebuild();
      } catch (error) {
        changes.recordFailure(action, error);
        throw error;
      }
      changes.run(action, () => ({ isChanged: true, result: undefined }));
    },
  };
}
