import type { Ids } from "./tenants.js";

/** The inputs with which an attacker calls a procedure, knowing another tenant's ids. */
type Attempts = (other: Ids) => readonly unknown[];

const nothing: Attempts = () => [undefined];
const wrong = "a wrong battery staple";
const token: Attempts = () => [{ token: "x".repeat(43) }];
const keys: Attempts = ({ key }) => [{ key }];
const organizations =
  (input: object): Attempts =>
  ({ organizationIds }) =>
    organizationIds.map((organizationId) => ({ ...input, organizationId }));

const withUser =
  (input: object): Attempts =>
  (other) =>
    organizations({ ...input, userId: other.userId })(other);
const withInvitation: Attempts = (other) =>
  other.invitationIds.flatMap((invitationId) => organizations({ invitationId })(other));
const invitations: Attempts = ({ invitationIds }) => invitationIds.map((invitationId) => ({ invitationId }));

/**
 * Every procedure of the fixture app, including the built-in ones, with inputs that name another tenant's data. A procedure
 * without such an input is called as it is: it may return its caller's own data, and nothing else.
 */
export const attempts: Readonly<Record<string, Attempts>> = {
  "auth.signup": ({ email }) => [{ email, password: wrong }],
  "auth.login": ({ email }) => [{ email, password: wrong }],
  "auth.logout": nothing,
  "auth.logoutEverywhere": nothing,
  "auth.me": nothing,
  "auth.refresh": ({ userId, sessionId }) => [
    undefined,
    { refreshToken: `${userId}.${sessionId}.0.${"x".repeat(43)}` },
  ],
  "auth.socketTicket": ({ organizationIds }) => [
    undefined,
    { app: true },
    ...organizationIds.map((organization) => ({ organization })),
  ],
  "auth.changePassword": ({ password }) => [{ currentPassword: password, newPassword: wrong }],
  "auth.requestPasswordReset": ({ email }) => [{ email }],
  "auth.requestDeviceLink": ({ email }) => [{ email }],
  "auth.confirmDevice": token,
  "auth.resetPassword": () => [{ token: "x".repeat(43), password: wrong }],
  "auth.checkLink": () => [{ token: "x".repeat(43), purpose: "resetPassword" }],
  "auth.requestEmailVerification": nothing,
  "auth.verifyEmail": token,
  "auth.rejectEmail": token,
  "auth.changeEmail": ({ email, password }) => [{ email, password }],
  "auth.confirmEmailChange": token,
  "admin.users.list": ({ email }) => [{}, { search: email }],
  "admin.users.count": ({ email }) => [{ search: email }],
  "admin.users.findByEmail": ({ email }) => [{ email }],
  "admin.organizations.list": nothing,
  "admin.schema.status": nothing,
  "admin.directory.rebuild": () => [{ reason: "attempt" }],
  "account.get": nothing,
  "account.update": () => [{ profile: {} }],
  "account.delete": ({ password }) => [{ password }],
  "account.export": nothing,
  "account.audit.list": () => [{}, { cursor: "1" }],
  "sessions.list": nothing,
  "sessions.rename": ({ sessionId }) => [{ id: sessionId, name: "taken" }],
  "sessions.revoke": ({ sessionId }) => [{ id: sessionId }],
  "sessions.revokeOthers": nothing,
  "sessions.data.get": nothing,
  "sessions.data.set": () => [{ cart: [] }],
  "sessions.data.merge": () => [{ step: 1 }],
  "sessions.data.clear": nothing,
  "kv.get": keys,
  "kv.getEntry": keys,
  "kv.set": ({ key }) => [{ key, value: "taken" }],
  "kv.delete": keys,
  "kv.list": ({ key }) => [undefined, { prefix: key }, { prefix: "canary" }],
  "kv.increment": keys,
  "kv.watch": ({ key }) => [{ key }, { prefix: "canary" }],
  "kv.preferences.get": nothing,
  "kv.preferences.getEntry": nothing,
  "kv.preferences.set": () => [{ value: { theme: "dark" } }],
  "kv.preferences.delete": nothing,
  "kv.preferences.increment": nothing,
  "kv.preferences.watch": nothing,
  "kv.visits.get": nothing,
  "kv.visits.getEntry": nothing,
  "kv.visits.set": () => [{ value: 1 }],
  "kv.visits.delete": nothing,
  "kv.visits.increment": nothing,
  "kv.visits.watch": nothing,
  _live: ({ postId, key, organizationIds }) => [
    { path: "posts.byId", input: { id: postId } },
    { path: "posts.list" },
    { path: "announcements.list" },
    { path: "announcements.byTitle", input: { title: key } },
    { path: "kv.get", input: { key } },
    ...organizationIds.flatMap((organizationId) => [
      { path: "projects.list", input: { organizationId }, organizationId },
      { path: "posts.list", organizationId },
    ]),
  ],
  "organizations.create": () => [{ name: "mine" }],
  "organizations.list": nothing,
  "organizations.get": organizations({}),
  "organizations.update": organizations({ name: "taken" }),
  "organizations.leave": organizations({}),
  "organizations.transfer": withUser({}),
  "organizations.delete": organizations({}),
  "organizations.members.list": organizations({}),
  "organizations.members.setRole": withUser({ role: "member" }),
  "organizations.members.remove": withUser({}),
  "organizations.invitations.list": organizations({}),
  "organizations.invitations.create": organizations({ email: "somebody@example.com", role: "member" }),
  "organizations.invitations.cancel": withInvitation,
  "organizations.invitations.resend": withInvitation,
  "organizations.invitations.accept": invitations,
  "organizations.invitations.decline": invitations,
  "organizations.invitations.declineAll": nothing,
  "organizations.invitations.blockInviter": invitations,
  "organizations.invitations.unblockInviter": ({ invitationIds }) => invitationIds.map((id) => ({ id })),
  "organizations.invitations.blockedInviters": nothing,
  "organizations.roles.list": organizations({}),
  ping: nothing,
  "posts.list": nothing,
  "posts.byId": ({ postId }) => [{ id: postId }],
  "posts.create": () => [{ title: "mine", body: "" }],
  "posts.update": ({ postId }) => [{ id: postId, title: "taken" }],
  "posts.delete": ({ postId }) => [{ id: postId }],
  "posts.changes": nothing,
  "posts.titles": nothing,
  "posts.createThenFail": () => [{ title: "mine", body: "" }],
  "posts.createUnfit": () => [{ title: "mine", body: "" }],
  "posts.createBoth": () => [{ title: "mine", fail: false }],
  "tasks.list": nothing,
  "tasks.pages": () => [{}],
  "tasks.changes": nothing,
  "tasks.changesOfPages": () => [{}],
  "tasks.create": ({ postId }) => [{ id: postId, title: "mine", body: "" }],
  "tasks.update": ({ postId }) => [{ id: postId, title: "taken" }],
  "tasks.delete": ({ postId }) => [{ id: postId }],
  "announcements.list": nothing,
  "announcements.byTitle": ({ key }) => [{ title: key }],
  "announcements.create": () => [{ title: "mine" }],
  "announcements.update": ({ postId }) => [{ id: postId, title: "taken" }],
  "announcements.delete": ({ postId }) => [{ id: postId }],
  "announcements.changes": nothing,
  "announcements.titles": nothing,
  "announcements.createThenFail": () => [{ title: "mine" }],
  "announcements.count": ({ key }) => [{ title: key }],
  "announcements.whereAmI": nothing,
  "announcements.setTheme": () => [{ theme: "dark" }],
  "announcements.theme": nothing,
  "announcements.themes": nothing,
  "notes.list": nothing,
  "notes.create": () => [{ text: "mine" }],
  "careless.find": () => [[["all"]], [["where", "name", ">=", ""], ["all"]]],
  "careless.group": () => [{ field: "name", operator: "==", value: "" }],
  "careless.findById": ({ carelessId }) => [carelessId],
  "careless.create": () => [{ name: "mine" }],
  "careless.createMany": () => [[{ name: "mine" }]],
  "careless.upsert": ({ carelessId }) => [{ values: { id: carelessId, name: "taken" }, on: ["id"] }],
  "careless.update": ({ carelessId }) => [{ id: carelessId, values: { name: "taken" } }],
  "careless.updateWhere": () => [{ field: "name", operator: ">=", value: "canary", values: { name: "taken" } }],
  "careless.delete": ({ carelessId }) => [carelessId],
  "careless.deleteWhere": () => [{ field: "name", operator: ">=", value: "canary" }],
  "careless.db": () => ["canary"],
  "keys.setThenFail": nothing,
  "keys.setTwice": ({ key }) => [key],
  "keys.setOdd": () => ["nan"],
  "keys.themes": nothing,
  "projects.list": organizations({}),
  "projects.create": organizations({ name: "mine" }),
  "projects.delete": (other) => organizations({ id: other.projectId })(other),
  "projects.count": organizations({}),
  "projects.changes": organizations({}),
  "projects.drafts": organizations({}),
  "projects.names": organizations({}),
  "projects.labelled": organizations({}),
  "projects.elsewhere": (other) => organizations({ other: other.organizationIds[0] ?? "" })(other),
  "projects.createSlowly": organizations({ name: "mine" }),
  "projects.whoAmI": organizations({}),
  "projects.setTheme": organizations({ theme: "dark" }),
  "projects.theme": organizations({}),
  "projects.themes": organizations({}),
  "odd.echo": nothing,
  "odd.store": nothing,
  "odd.number": () => [1],
  "odd.countdown": () => [2],
  "odd.awaitPost": nothing,
  "odd.streamPost": nothing,
  "odd.uncloneable": nothing,
  "odd.unsendable": nothing,
  "odd.throwsError": nothing,
  "odd.throwsString": nothing,
  "odd.throwsWithCause": nothing,
};

/**
 * Calls that a member may make in an organization shared with another: leaving it, and a test's procedure that waits.
 */
export const notBetweenMembers: ReadonlySet<string> = new Set(["organizations.leave", "projects.createSlowly"]);

/** After these their caller has to sign in again: from another Worker, `revokeOthers` has no session to exclude. */
export const endsSession: ReadonlySet<string> = new Set([
  "auth.logout",
  "auth.logoutEverywhere",
  "sessions.revokeOthers",
]);
