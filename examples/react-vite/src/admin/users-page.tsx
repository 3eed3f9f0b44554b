import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Panel } from "../account/panel.tsx";
import { describeDay } from "../account/times.ts";
import { ErrorMessage } from "../error-message.tsx";
import { Link } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { userPath } from "./admin-routes.ts";
import { MoreButton } from "./more-button.tsx";
import { UserFilter, type UserFilterValues } from "./user-filter.tsx";

/** The users of the directory. */
export function UsersPage() {
  const trpc = useTRPC();
  const [filter, setFilter] = useState<UserFilterValues>({});
  const users = useInfiniteQuery(
    trpc.admin.users.list.infiniteQueryOptions(
      { ...filter, limit: 20 },
      { getNextPageParam: ({ nextCursor }) => nextCursor },
    ),
  );
  const count = useQuery(trpc.admin.users.count.queryOptions(filter));
  const found = users.data?.pages.flatMap((page) => page.items);

  return (
    <Panel title="Users" intro="The directory shows a change after a few seconds.">
      <UserFilter onChange={setFilter} />
      <ErrorMessage className="alert panel-part" error={users.error ?? count.error} />
      <p className="row-detail" role="status">
        {count.data && (count.data.count === 1 ? "1 user" : `${count.data.count} users`)}
      </p>
      <ul className="rows" aria-label="Users">
        {found?.map(({ id, email, emailVerified, profile, status, roles, createdAt, lastSeenAt }) => (
          <li className="row" key={id}>
            <div className="row-words">
              <p className="row-title">
                <Link to={userPath(id)} className="link">
                  {email ?? id}
                </Link>
                {status === "suspended" && <span className="badge">Suspended</span>}
                {roles.map((role) => (
                  <span className="badge" data-good key={role}>
                    {role}
                  </span>
                ))}
              </p>
              <p className="row-detail">
                {profile?.name && `${profile.name} · `}
                Signed up {describeDay(createdAt)} · last seen {describeDay(lastSeenAt)}
                {!emailVerified && " · address not confirmed"}
              </p>
            </div>
          </li>
        ))}
      </ul>
      <MoreButton list={users}>Show more</MoreButton>
    </Panel>
  );
}
