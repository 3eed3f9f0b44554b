import { useInfiniteQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import { useState } from "react";
import type { AppRouter } from "../../worker/router.ts";
import { Panel } from "../account/panel.tsx";
import { describeMoment } from "../account/times.ts";
import { ErrorMessage } from "../error-message.tsx";
import { Link } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { userPath } from "./admin-routes.ts";
import { AuditFilter, type AuditFilterValues } from "./audit-filter.tsx";
import { MoreButton } from "./more-button.tsx";

type Entry = inferRouterOutputs<AppRouter>["admin"]["audit"]["list"]["items"][number];

const outcomes = { ok: undefined, denied: "Denied", failed: "Failed" } as const;

/** What operators did, the newest first. */
export function AuditPage() {
  const trpc = useTRPC();
  const [filter, setFilter] = useState<AuditFilterValues>({});
  const log = useInfiniteQuery(
    trpc.admin.audit.list.infiniteQueryOptions(
      { ...filter, limit: 20 },
      { getNextPageParam: ({ nextCursor }) => nextCursor },
    ),
  );
  const entries = log.data?.pages.flatMap((page) => page.items);

  return (
    <Panel title="Audit log" intro="What operators did, and what they were denied. The newest is first.">
      <AuditFilter onChange={setFilter} />
      <ErrorMessage className="alert panel-part" error={log.error} />
      <ol className="rows" aria-label="Audit log">
        {entries?.map((entry) => (
          <AuditRow key={entry.id} entry={entry} />
        ))}
      </ol>
      <p className="row-detail" role="status">
        {entries?.length === 0 && "No entries."}
      </p>
      <MoreButton list={log}>Show older</MoreButton>
    </Panel>
  );
}

function AuditRow({
  entry: { at, actor, action, target, detail, reason, outcome, failure },
}: {
  readonly entry: Entry;
}) {
  return (
    <li className="row">
      <div className="row-words">
        <p className="row-title">
          <code>{action}</code>
          {outcomes[outcome] && <span className="badge">{outcomes[outcome]}</span>}
        </p>
        <p className="row-detail">
          By {actor.type === "user" ? <UserLink userId={actor.id} /> : "the system"}
          {target && (
            <>
              {" · "}
              {target.type} {target.type === "user" ? <UserLink userId={target.id} /> : target.id}
            </>
          )}
          {detail !== undefined && ` · ${detail}`}
          {failure !== undefined && ` · ${failure}`}
        </p>
        {reason && <p className="row-detail">“{reason}”</p>}
      </div>
      <time className="row-detail" dateTime={at.toISOString()}>
        {describeMoment(at)}
      </time>
    </li>
  );
}

function UserLink({ userId }: { readonly userId: string }) {
  return (
    <Link to={userPath(userId)} className="link">
      {userId}
    </Link>
  );
}
