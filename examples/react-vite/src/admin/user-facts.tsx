import { Panel } from "../account/panel.tsx";
import { describeMoment } from "../account/times.ts";
import type { ManagedUserProps } from "./managed-user.ts";

const kilobytes = new Intl.NumberFormat(undefined, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 });

export function UserFacts({ managed }: ManagedUserProps) {
  const { user, organizations, storageBytes, schemaVersion } = managed;
  const facts: readonly (readonly [string, string])[] = [
    ["Id", user.id],
    ["Address", user.emailVerified ? "confirmed" : "not confirmed"],
    ["Signed up", describeMoment(user.createdAt)],
    ["Organizations", organizations.map(({ name, role }) => `${name} (${role})`).join(", ") || "none"],
    ["Storage", kilobytes.format(storageBytes / 1_000)],
    ["Schema", `version ${schemaVersion}`],
  ];
  return (
    <Panel title="Account">
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
