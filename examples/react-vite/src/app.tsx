import { lazy, Suspense } from "react";
import { AccountPage, isAccountPath } from "./account/account-page.tsx";
import { openPages } from "./account/open-pages.ts";
import { adminRouteOf } from "./admin/admin-routes.ts";
import { describeError } from "./describe-error.ts";
import { usePath } from "./navigation.tsx";
import { NotFoundPage } from "./not-found-page.tsx";
import { OfflinePage } from "./offline/offline-page.tsx";
import { useOfflineUser } from "./offline/use-offline-user.ts";
import { OrganizationPage } from "./organizations/organization-page.tsx";
import { organizationRouteOf } from "./organizations/organization-routes.ts";
import { OrganizationsPage } from "./organizations/organizations-page.tsx";
import { SignInCard } from "./sign-in-card.tsx";
import { TasksPage } from "./tasks-page.tsx";
import { useSession } from "./trpc.ts";

/** Most users never open it. */
const AdminPage = lazy(() => import("./admin/admin-page.tsx"));

export function App() {
  const session = useSession();
  const path = usePath();
  const offlineUser = useOfflineUser(session);
  const OpenPage = openPages.get(path);
  if (OpenPage) return <OpenPage />;
  const route = organizationRouteOf(path);
  const adminRoute = adminRouteOf(path);
  if (!route && !adminRoute && path !== "/" && path !== "/offline" && !isAccountPath(path)) return <NotFoundPage />;
  // Before the session is checked, because that needs the network.
  if (path === "/offline" && offlineUser) return <OfflinePage key={offlineUser.id} user={offlineUser} />;
  switch (session.status) {
    case "loading":
      return <LoadingPage />;
    case "error":
      return (
        <main className="page">
          <h1>Tasks</h1>
          <p role="alert">{describeError(session.error)}</p>
        </main>
      );
    case "signedOut":
      return <SignInCard />;
    case "signedIn": {
      const { id, email } = session.user;
      if (route?.page === "list") return <OrganizationsPage key={id} email={email} />;
      if (route) return <OrganizationPage key={`${id} ${route.organizationId}`} email={email} route={route} />;
      if (adminRoute) {
        return (
          <Suspense fallback={<LoadingPage />}>
            <AdminPage key={id} email={email} route={adminRoute} />
          </Suspense>
        );
      }
      const Page = isAccountPath(path) ? AccountPage : TasksPage;
      return <Page key={id} email={email} />;
    }
  }
}

function LoadingPage() {
  return (
    <main className="page" aria-busy="true">
      <h1 className="visually-hidden">Tasks</h1>
    </main>
  );
}
