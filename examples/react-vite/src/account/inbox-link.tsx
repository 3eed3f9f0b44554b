import { Link } from "../navigation.tsx";

/** To the mails of development. In production there is the user's own inbox. */
export function InboxLink() {
  if (!import.meta.env.DEV) return null;
  return (
    <Link to="/inbox" className="link">
      Open the development inbox
    </Link>
  );
}
