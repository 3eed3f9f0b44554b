import { ActionButton } from "../action-button.tsx";

interface MoreButtonProps {
  readonly list: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
  readonly children: string;
}

/** Shows the next page of a list below the previous ones. Renders nothing on the last page. */
export function MoreButton({ list, children }: MoreButtonProps) {
  if (!list.hasNextPage) return null;
  return (
    <div className="panel-actions">
      <ActionButton
        className="button-quiet"
        isDisabled={list.isFetchingNextPage}
        onClick={() => void list.fetchNextPage()}
      >
        {list.isFetchingNextPage ? "One moment…" : children}
      </ActionButton>
    </div>
  );
}
