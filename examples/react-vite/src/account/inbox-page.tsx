import { useQuery } from "@tanstack/react-query";
import { Link } from "../navigation.tsx";
import { PageHeading } from "./page-heading.tsx";

interface Mail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The link's path, so that it opens in this app. */
  readonly link?: string;
}

/** The mails that the Worker would have sent. In production the list is empty. */
async function readInbox(): Promise<readonly Mail[]> {
  const response = await fetch("/dev/inbox");
  if (!response.ok) throw new Error(`The inbox answered ${response.status}.`);
  return (await response.json()) as readonly Mail[];
}

export function InboxPage() {
  const inbox = useQuery({ queryKey: ["inbox"], queryFn: readInbox, refetchInterval: 1_000, retry: false });

  return (
    <main className="page">
      <div className="heading account-heading">
        <PageHeading>Inbox</PageHeading>
        <Link to="/" className="link">
          Back to the app
        </Link>
      </div>
      <p className="lead">
        The mails that the app would send. They stay in memory while <code>npm run dev</code> runs.
      </p>
      {inbox.error && (
        <p className="alert" role="alert">
          The inbox exists in development only.
        </p>
      )}
      {inbox.data?.length === 0 && <p className="card empty">No mail yet. Sign up to get the first one.</p>}
      <ul className="mails" aria-label="Mails">
        {inbox.data?.map((mail) => (
          <MailCard key={`${mail.id} ${mail.link ?? ""}`} mail={mail} />
        ))}
      </ul>
    </main>
  );
}

function MailCard({ mail: { to, subject, text, link } }: { readonly mail: Mail }) {
  const [before = "", after] = link === undefined ? [text] : text.split(link);
  return (
    <li className="card mail">
      <h2>{subject}</h2>
      <p className="mail-to">to {to}</p>
      <p className="mail-text">{before.trim()}</p>
      {link !== undefined && (
        <a className="button-primary" href={link}>
          Open the link
        </a>
      )}
      {after !== undefined && <p className="mail-text">{after.trim()}</p>}
    </li>
  );
}
