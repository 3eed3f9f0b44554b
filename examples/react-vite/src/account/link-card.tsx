import type { ReactNode } from "react";
import { Link } from "../navigation.tsx";
import { PageHeading } from "./page-heading.tsx";

interface LinkCardProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly withoutFocus?: boolean;
  /** A link to another page, with its text. */
  readonly other?: { readonly to: string; readonly text: string };
  /** A remark below the card. */
  readonly note?: string;
}

/** A small page outside the app: for links of mails, and for signed-out users. */
export function LinkCard({ title, children, withoutFocus = false, other, note }: LinkCardProps) {
  return (
    <main className="page page-centred">
      <div className="brand">
        <img src="/icon.svg" alt="" width="44" height="44" />
        <p>Tasks</p>
      </div>
      <div className="card sign-in">
        <PageHeading withoutFocus={withoutFocus}>{title}</PageHeading>
        {children}
        {other && (
          <p className="sign-in-other">
            <Link to={other.to} className="link">
              {other.text}
            </Link>
          </p>
        )}
      </div>
      {note && <p className="page-note">{note}</p>}
    </main>
  );
}
