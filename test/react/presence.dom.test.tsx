import { act, cleanup, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeAll, expect, it } from "vitest";
import { show, signUp, usePresence, type Person } from "./live-app.js";
import { eventually } from "./notes.js";

let ada: Person;
let bob: Person;
beforeAll(async () => {
  ada = await signUp();
  bob = await signUp();
}, 60_000);
afterEach(cleanup);

/** Shows the pages that people look at, and moves to another one. */
function Pages({ first, next }: { readonly first: string; readonly next: string }) {
  const [page, setPage] = useState(first);
  const { status, members } = usePresence({ app: true, state: { page } });
  const pages = members.flatMap(({ connections }) => connections.map(({ state }) => String(state?.page)));
  return (
    <>
      <p>{`${status} ${pages.toSorted().join()}`}</p>
      <button onClick={() => setPage(next)}>Next</button>
    </>
  );
}

const textOf = (tab: ReturnType<typeof show>) => tab.container.querySelector("p")?.textContent;

it("shows who is connected, with the state of each tab, to all components of a page", async () => {
  const tab = show(
    ada.jar,
    <>
      <Pages first="a1" next="a2" />
    </>,
  );
  await waitFor(() => expect(textOf(tab)).toBe("live a1"), eventually);
  const other = show(bob.jar, <Pages first="b1" next="b2" />);
  await waitFor(() => expect(textOf(tab)).toBe("live a1,b1"), eventually);
  await waitFor(() => expect(textOf(other)).toBe("live a1,b1"), eventually);
  act(() => other.screen.getByRole("button").click());
  await waitFor(() => expect(textOf(tab)).toBe("live a1,b2"), eventually);
  const second = show(bob.jar, <Pages first="b3" next="b4" />);
  await waitFor(() => expect(textOf(tab)).toBe("live a1,b2,b3"), eventually);
  act(() => second.screen.getByRole("button").click());
  await waitFor(() => expect(textOf(tab)).toBe("live a1,b2,b4"), eventually);
  const urls = tab.sockets.map(({ url }) => new URL(url).search).filter((search) => search.includes("app"));
  expect(urls).toHaveLength(1);
});

it("shows an error if the server refuses", async () => {
  function Members() {
    const { status, error } = usePresence({ organizationId: "0".repeat(32) });
    return <p>{`${status} ${error === null}`}</p>;
  }
  const tab = show(ada.jar, <Members />);
  await waitFor(() => expect(textOf(tab)).toBe("error false"), eventually);
});
