import { AccountPage } from "./account/account-page.tsx";
import { openPages } from "./account/open-pages.ts";
import { usePath } from "./navigation.tsx";
import { OrganizationPage } from "./organizations/organization-page.tsx";
import { organizationRouteOf } from "./organizations/organization-routes.ts";
import { OrganizationsPage } from "./organizations/organizations-page.tsx";
import { SignInCard } from "./sign-in-card.tsx";
import { TasksPage } from "./tasks-page.tsx";
import { useSession } from "./trpc.ts";

export function App() {
  const session = useSession();
  const path = usePath();
  const OpenPage = openPages.get(path);
  if (OpenPage) return <OpenPage />;
  switch (session.status) {
    case "loading":
      return <main className="page" aria-busy="true" />;
    case "error":
      return (
        <main className="page">
          <p role="alert">{session.error.message}</p>
        </main>
      );
    case "signedOut":
      return <SignInCard />;
    case "signedIn": {
      const { id, email } = session.user;
      const route = organizationRouteOf(path);
      if (route?.page === "list") return <OrganizationsPage key={id} email={email} />;
      if (route) return <OrganizationPage key={`${id} ${route.organizationId}`} email={email} route={route} />;
      const Page = path.startsWith("/account") ? AccountPage : TasksPage;
      return <Page key={id} email={email} />;
    }
  }
}
