/** What the one at the keyboard can mend. Its message is all there is to say: no stack. */
export class UsageError extends Error {}
