import { Link } from "../navigation.tsx";
import { LinkCard } from "./link-card.tsx";

/** Shown after an account was deleted. */
export function GoodbyePage() {
  return (
    <LinkCard title="Your account was deleted">
      <p>All of its data was deleted, too. The address is free for a new account.</p>
      <Link to="/" className="button-primary">
        Back to the start
      </Link>
    </LinkCard>
  );
}
