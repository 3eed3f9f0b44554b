import { act } from "@testing-library/react";
import { createSkips } from "../fixtures/skip-time.js";

export { useSkippableTime } from "../fixtures/skip-time.js";

/** Skips of pauses after which components may render. */
export const { skip, skipUntil } = createSkips((work) => act(work));
