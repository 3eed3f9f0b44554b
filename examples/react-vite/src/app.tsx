import { SignInCard } from "./sign-in-card.tsx";
import { TasksPage } from "./tasks-page.tsx";
import { useSession } from "./trpc.ts";

export function App() {
  const session = useSession();
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
    case "signedIn":
      return <TasksPage key={session.user.id} email={session.user.email} />;
  }
}
