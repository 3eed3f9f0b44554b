import { Link } from "../navigation.tsx";
import { LinkCard } from "./link-card.tsx";

/** Shown after an account was deleted. */
export function GoodbyePage() {
  return (
    <LinkCard title="Your account is gone">
      <p>All that was in it was deleted with it. The address is free: whoever signs up with it starts from nothing.</p>
      <Link to="/" className="button-primary">
        Back to the start
      </Link>
    </LinkCard>
  );
}
