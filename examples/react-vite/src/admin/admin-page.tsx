import { AccountBar } from "../account/account-bar.tsx";
import { PageHeading } from "../account/page-heading.tsx";
import { Link } from "../navigation.tsx";
import "./admin.css";
import type { AdminRoute } from "./admin-routes.ts";
import { AuditPage } from "./audit-page.tsx";
import { NotAllowed } from "./not-allowed.tsx";
import { useMay } from "./permissions.ts";
import { RolesPage } from "./roles-page.tsx";
import { UserPage } from "./user-page.tsx";
import { UsersPage } from "./users-page.tsx";

const pages = [
  { page: "users", path: "/admin", name: "Users", permission: "user:read" },
  { page: "roles", path: "/admin/roles", name: "Roles", permission: "role:read" },
  { page: "audit", path: "/admin/audit", name: "Audit log", permission: "audit:read" },
] as const;

interface AdminPageProps {
  readonly email: string;
  readonly route: AdminRoute;
}

/** The pages for operators of the app. Loaded when one of them is opened, so that other pages do not contain them. */
export default function AdminPage({ email, route }: AdminPageProps) {
  const may = useMay();
  const allowed = pages.filter(({ permission }) => may(permission));
  const current = pages.find(({ page }) => page === (route.page === "user" ? "users" : route.page));
  const isAllowed = current !== undefined && allowed.includes(current);

  return (
    <main className="page">
      <AccountBar email={email} />
      {!(isAllowed && route.page === "user") && (
        <div className="heading account-heading">
          <PageHeading>Administration</PageHeading>
        </div>
      )}
      {allowed.length > 0 && (
        <nav className="tabs" aria-label="Administration">
          {allowed.map(({ page, path, name }) => (
            <Link key={page} to={path} aria-current={page === current?.page ? "page" : undefined}>
              {name}
            </Link>
          ))}
        </nav>
      )}
      {!isAllowed && current && <NotAllowed permission={current.permission} />}
      {isAllowed && route.page === "users" && <UsersPage />}
      {isAllowed && route.page === "user" && <UserPage key={route.userId} userId={route.userId} />}
      {isAllowed && route.page === "roles" && <RolesPage />}
      {isAllowed && route.page === "audit" && <AuditPage />}
    </main>
  );
}
