import type {
  DirectoryOrganization,
  DirectoryPage,
  DirectoryUser,
  ListedSchemaStatus,
  UserFilter,
} from "../../shared/directory.js";
import type { Page } from "../../shared/page.js";

/** The directory of users and organizations. */
export interface DirectoryService {
  /** @throws ReasonedError BAD_REQUEST (CURSOR_INVALID) */
  listUsers(filter: UserFilter, page: DirectoryPage): Promise<Page<DirectoryUser>>;
  countUsers(filter: UserFilter): Promise<number>;
  /** @throws ReasonedError BAD_REQUEST (CURSOR_INVALID) */
  listOrganizations(page: DirectoryPage): Promise<Page<DirectoryOrganization>>;
  /** The numbers of objects by the versions of their tables. */
  schemaStatus(): Promise<ListedSchemaStatus[]>;
  /** Finds the user of an email address, without the entries of the directory. */
  findByEmail(email: string): Promise<{ readonly userId: string } | null>;
  /** Starts to check all entries against the objects that they describe. */
  rebuild(reason: string): Promise<void>;
}
