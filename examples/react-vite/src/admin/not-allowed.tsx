import { useSession } from "../trpc.ts";

/** Says why the page is empty. */
export function NotAllowed({ permission }: { readonly permission: string }) {
  const { user } = useSession();
  return (
    <section className="card panel" aria-label="Not allowed">
      <p>
        This page needs the permission <code>{permission}</code>, and none of your roles has it. Ask an administrator
        for a role that does.
      </p>
      {user && <p className="row-detail">Your roles: {user.roles.join(", ")}</p>}
    </section>
  );
}
