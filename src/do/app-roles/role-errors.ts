import { ReasonedError } from "../../router/reasoned-error.js";

export function roleNotFound(name: string): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "ROLE_NOT_FOUND",
    message: `The role "${name}" does not exist. Reload the list of roles.`,
  });
}

export function roleTaken(name: string): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "ROLE_TAKEN",
    message: `A role named "${name}" already exists. Choose another name.`,
  });
}

export function roleIsBuiltIn(name: string): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "ROLE_BUILT_IN",
    message: `The code of the app declares the role "${name}", so it can only be changed there.`,
  });
}

export function superadminRequired(): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "MISSING_PERMISSION",
    message: "Only a superadmin can make another user a superadmin, remove one or act on one. Ask a superadmin.",
  });
}

export function lastSuperadmin(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "LAST_SUPERADMIN",
    message: "This is the last superadmin of the app. Make another user a superadmin first.",
  });
}
