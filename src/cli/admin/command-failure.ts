/** A command that could not do its work, with a message for the person who ran it. */
export class CommandFailure extends Error {}
