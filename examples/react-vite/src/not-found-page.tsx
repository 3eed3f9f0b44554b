import { LinkCard } from "./account/link-card.tsx";

/** The page of a path that the app does not have. */
export function NotFoundPage() {
  return (
    <LinkCard title="Page not found" other={{ to: "/", says: "Go to the app" }}>
      <p>This address leads nowhere. Check it, or start again.</p>
    </LinkCard>
  );
}
