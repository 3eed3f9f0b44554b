import { useState, type SubmitEvent } from "react";

/** The form for a new task. The server checks the title later, when it gets the change. */
export function NewOfflineTask({ onAdd }: { readonly onAdd: (title: string) => void }) {
  const [title, setTitle] = useState("");

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const trimmed = title.trim();
    if (trimmed === "") return;
    onAdd(trimmed);
    setTitle("");
  }

  return (
    <form className="new-task" onSubmit={submit}>
      <input
        aria-label="New task"
        placeholder="What is there to do?"
        autoComplete="off"
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <button className="button-primary" type="submit">
        Add
      </button>
    </form>
  );
}
