import { LinkCard } from "./account/link-card.tsx";

/** The page of an unknown path. */
export function NotFoundPage() {
  return (
    <LinkCard title="Page not found" other={{ to: "/", text: "Go to the app" }}>
      <p>This address leads nowhere. Check it, or start again.</p>
    </LinkCard>
  );
}
