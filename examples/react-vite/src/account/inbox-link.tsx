import { Link } from "../navigation.tsx";

/** A link to the mails of development. In production the user has their own inbox. */
export function InboxLink() {
  if (!import.meta.env.DEV) return null;
  return (
    <Link to="/inbox" className="link">
      Open the development inbox
    </Link>
  );
}
