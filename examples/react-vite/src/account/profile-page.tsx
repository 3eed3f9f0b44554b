import { useMutation, useQueryClient } from "@tanstack/react-query";
import { describeField } from "../describe-error.ts";
import { Field } from "../field.tsx";
import { useTRPC, type Account } from "../trpc.ts";
import { AccountForm, textOf } from "./account-form.tsx";
import { EmailPanel } from "./email-panel.tsx";
import { Panel } from "./panel.tsx";

export function ProfilePage({ user }: { readonly user: Account }) {
  return (
    <>
      <NamePanel user={user} />
      <EmailPanel user={user} />
    </>
  );
}

function NamePanel({ user }: { readonly user: Account }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const update = useMutation(
    trpc.account.update.mutationOptions({
      onSuccess: (changed) => queryClient.setQueryData(trpc.account.get.queryKey(), changed),
    }),
  );

  return (
    <Panel title="Name" intro="What you like to be called. You may leave it out.">
      <AccountForm
        action="Save"
        mutation={update}
        done={update.isSuccess && "Saved."}
        // An empty field clears the name.
        onSubmit={(fields) => update.mutate({ profile: { name: textOf(fields, "name").trim() || null } })}
      >
        <Field
          label="Name"
          name="name"
          autoComplete="name"
          defaultValue={user.profile.name}
          error={describeField(update.error, "name")}
        />
      </AccountForm>
    </Panel>
  );
}
