import { useId, type ReactNode } from "react";

interface PanelProps {
  readonly title: string;
  readonly intro?: ReactNode;
  /** Shown beside the title. */
  readonly badge?: ReactNode;
  readonly danger?: boolean;
  readonly children: ReactNode;
}

/** A section of the account's page. */
export function Panel({ title, intro, badge, danger = false, children }: PanelProps) {
  const id = useId();
  return (
    <section className="card panel" data-danger={danger} aria-labelledby={id} tabIndex={-1}>
      <header className="panel-header">
        <h2 id={id}>{title}</h2>
        {badge}
        {intro && <p>{intro}</p>}
      </header>
      {children}
    </section>
  );
}
