import { ReasonedError } from "../router/reasoned-error.js";
import type { UserFilter } from "../shared/directory.js";
import type { Page } from "../shared/page.js";

/** `admin.users.list`, called as the system. */
export type ListUsers = (
  input: UserFilter & { readonly cursor: string | undefined; readonly limit: number },
) => Promise<Page<{ readonly id: string }>>;

/** A user, and the cursor from which a run continues after the user. */
export interface SourcedUser {
  readonly userId: string;
  readonly cursor: string;
}

const PAGE_USERS = 100;

/**
 * Yields users in an order that a later run can continue.
 *
 * @param resume the cursor of a user that was yielded before
 * @throws ReasonedError BAD_REQUEST (CURSOR_INVALID)
 */
export function usersIn(
  users: Iterable<string> | AsyncIterable<string> | UserFilter,
  list: ListUsers,
  resume: string | undefined,
): AsyncGenerator<SourcedUser, void> {
  return isIterable(users) ? givenUsers(users, resume) : directoryUsers(users, list, resume);
}

async function* givenUsers(
  users: Iterable<string> | AsyncIterable<string>,
  resume = "ids 0",
): AsyncGenerator<SourcedUser, void> {
  const [, text] = /^ids (\d{1,15})$/.exec(resume) ?? [];
  if (text === undefined) throw cursorInvalid();
  let position = 0;
  for await (const userId of users) {
    position++;
    if (position > Number(text)) yield { userId, cursor: `ids ${position}` };
  }
}

/** The cursor has the last user and the cursor of the user's page, which can have lost users since. */
async function* directoryUsers(
  filter: UserFilter,
  list: ListUsers,
  resume = "page  ",
): AsyncGenerator<SourcedUser, void> {
  const [, last, first] = /^page (\S*) (\S*)$/.exec(resume) ?? [];
  if (last === undefined) throw cursorInvalid();
  let cursor = first ? decodeURIComponent(first) : undefined;
  let skipped: string | undefined = last;
  for (;;) {
    const { items, nextCursor } = await list({ ...filter, cursor, limit: PAGE_USERS });
    // If the user is not in the page any more, the page is repeated.
    const start = items.findIndex(({ id }) => id === skipped) + 1;
    skipped = undefined;
    for (const { id } of items.slice(start))
      yield { userId: id, cursor: `page ${id} ${encodeURIComponent(cursor ?? "")}` };
    if (nextCursor === null) return;
    cursor = nextCursor;
  }
}

function isIterable(users: object | string): users is Iterable<string> | AsyncIterable<string> {
  return typeof users !== "string" && (Symbol.iterator in users || Symbol.asyncIterator in users);
}

function cursorInvalid(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "CURSOR_INVALID",
    message:
      "`resume` is not the cursor of a run with these users. Pass the cursor of that run, or none to start again.",
  });
}
