import type { ReactNode } from "react";
import { PageHeading } from "./page-heading.tsx";

interface LinkCardProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly withoutFocus?: boolean;
}

/** A small page beside the app: what a mail's link leads to, and what needs nobody to be signed in. */
export function LinkCard({ title, children, withoutFocus = false }: LinkCardProps) {
  return (
    <main className="page page-centred">
      <div className="brand">
        <img src="/icon.svg" alt="" width="44" height="44" />
        <p>Tasks</p>
      </div>
      <div className="card sign-in">
        <PageHeading withoutFocus={withoutFocus}>{title}</PageHeading>
        {children}
      </div>
    </main>
  );
}
