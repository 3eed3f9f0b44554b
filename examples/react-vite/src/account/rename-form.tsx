import { useMutation } from "@tanstack/react-query";
import { NameForm } from "../name-form.tsx";
import { useTRPC, type ListedSession } from "../trpc.ts";

interface RenameFormProps {
  readonly session: ListedSession;
  readonly onChanged: () => Promise<void>;
  readonly onClose: () => void;
}

export function RenameForm({ session: { id, name, device }, onChanged, onClose }: RenameFormProps) {
  const trpc = useTRPC();
  const rename = useMutation(
    trpc.sessions.rename.mutationOptions({
      async onSuccess() {
        await onChanged();
        onClose();
      },
    }),
  );

  return (
    <NameForm
      label="Name of the device"
      field="name"
      defaultValue={name ?? device}
      action="Save"
      mutation={rename}
      onSubmit={(typed) => rename.mutate({ id, name: typed })}
      onCancel={onClose}
    />
  );
}
