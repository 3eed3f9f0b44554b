import { useQuery } from "@tanstack/react-query";
import { waitFor } from "@testing-library/react";
import { expect } from "vitest";
import { live, useTRPC } from "./live-app.js";

export const eventually = { timeout: 10_000 };
export const shows = (of: { container: Element }, text: string) =>
  waitFor(() => expect(of.container.textContent).toBe(text), eventually);

let lists = 0;
/** A list of notes that no other test writes to. */
export const freshList = (): string => `list ${++lists}`;

/** The texts of a list. */
export function Notes({ list }: { readonly list: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(live(trpc.notes.of.queryOptions({ list })));
  return <p>{data?.map(({ text }) => text).join() ?? "…"}</p>;
}
