import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { describeError, describeField } from "./describe-error.ts";
import { useFocusInvalid } from "./use-focus-invalid.ts";
import { draftOf } from "./task.ts";
import { optimistic, useTRPC } from "./trpc.ts";

export function NewTask() {
  const trpc = useTRPC();
  const [title, setTitle] = useState("");
  const create = useMutation(
    optimistic(
      trpc.tasks.create,
      (cache, { title: added }) => {
        const draft = draftOf(added);
        // An invalid title is not shown optimistically.
        if (draft.title) cache.update(trpc.tasks.list.queryKey(), (tasks) => [draft, ...tasks]);
      },
      // After an error the text returns, unless the user is typing another one already.
      { onError: (_error, rejected) => setTitle((typed) => (typed === "" ? rejected.title : typed)) },
    ),
  );
  const error = describeField(create.error, "title") ?? describeError(create.error);

  const form = useFocusInvalid(create.error);

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    create.mutate({ title });
    setTitle("");
  }

  return (
    <form className="new-task" ref={form} onSubmit={submit}>
      <input
        aria-label="New task"
        aria-invalid={error !== undefined}
        aria-describedby={error && "new-task-error"}
        placeholder="What is there to do?"
        autoComplete="off"
        autoFocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <button className="button-primary" type="submit">
        Add
      </button>
      {error && (
        <p className="field-error" id="new-task-error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
