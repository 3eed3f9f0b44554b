import { ActivityPanel } from "./activity-panel.tsx";
import { PasswordPanel } from "./password-panel.tsx";
import { SessionsPanel } from "./sessions-panel.tsx";

export function SecurityPage({ email }: { readonly email: string }) {
  return (
    <>
      <PasswordPanel email={email} />
      <SessionsPanel />
      <ActivityPanel />
    </>
  );
}
