import fc from "fast-check";
import { expect, it } from "vitest";
import {
  newTask,
  openDevice,
  openTasks,
  rowsOf,
  signInAgain,
  signUpPerson,
  type Task,
  type Tasks,
} from "./open-tasks.js";

/** A collection on a device, and the rows that a reader of its events has. */
function follow(tasks: Tasks) {
  const seen = new Map<string, Task>();
  const errors: string[] = [];
  tasks.subscribeChanges((changes) => {
    for (const { type, value } of changes) {
      const { id } = value;
      if (type === "insert" && seen.has(id)) errors.push(`${value.title} was inserted twice`);
      if (type !== "insert" && !seen.has(id)) errors.push(`${value.title} is unknown, but the event is ${type}`);
      if (type === "delete") seen.delete(id);
      else seen.set(id, value);
    }
  });
  return { seen, errors };
}

type Step =
  | {
      readonly do: "write";
      readonly type: "insert" | "update" | "delete";
      readonly device: number;
      readonly row: number;
      readonly refused: boolean;
    }
  | { readonly do: "drop"; readonly device: number }
  | { readonly do: "sleep" | "stop" | "wait" };

const device = fc.nat({ max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("write"),
      type: fc.constantFrom("insert", "update", "delete"),
      device,
      row: fc.nat({ max: 5 }),
      refused: fc.nat({ max: 4 }).map((n) => n === 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("drop"), device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("sleep", "stop", "wait") }) },
);

it("shows both devices the rows of the server after random writes, lost connections and stops of the object", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const person = await signUpPerson();
      const devices = [openDevice(person.browser), openDevice(await signInAgain(person.email))];
      const collections = devices.map((each) => openTasks(each));
      const followers = collections.map(follow);
      await Promise.all(collections.map((each) => each.preload()));
      const pending: Promise<unknown>[] = [];
      for (const [index, each] of steps.entries()) {
        if (each.do === "sleep" || each.do === "stop") await person[each.do]().catch(() => {});
        else if (each.do === "wait") await Promise.allSettled(pending);
        else if (each.do === "drop") devices[each.device]?.wires.at(-1)?.drop();
        else if (each.do === "write") {
          const tasks = collections[each.device];
          const [id] = [...(tasks?.keys() ?? [])].slice(each.row);
          const title = `${each.refused ? "refused" : "task"} ${index}`;
          if (each.type === "insert")
            pending.push(tasks?.insert(newTask(title)).isPersisted.promise ?? Promise.resolve());
          else if (id !== undefined && each.type === "update")
            pending.push(
              tasks?.update(id, (draft) => void Object.assign(draft, { title })).isPersisted.promise ??
                Promise.resolve(),
            );
          else if (id !== undefined) pending.push(tasks?.delete(id).isPersisted.promise ?? Promise.resolve());
        }
      }
      await Promise.allSettled(pending);
      const stored = rowsOf(await person.browser.client().tasks.list.query());
      for (const [index, tasks] of collections.entries()) {
        await expect.poll(() => rowsOf(tasks)).toEqual(stored);
        const { seen, errors } = followers[index] ?? follow(tasks);
        expect(errors).toEqual([]);
        expect(rowsOf([...seen.values()])).toEqual(stored);
      }
      await Promise.all(collections.map((each) => each.cleanup()));
    }),
    { numRuns: 10, endOnFailure: true },
  );
}, 300_000);
