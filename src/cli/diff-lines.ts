/** Returns the difference between two texts: removed lines with `-`, added lines with `+`, and three lines of context. */
export function diffLines(before: string, after: string): string[] {
  if (before === after) return [];
  const lines = compare(before.split("\n"), after.split("\n"));
  const near = (index: number): boolean =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => !line.startsWith(" "));
  return lines.flatMap((line, index) => {
    if (near(index)) return [line.trimEnd()];
    return index === 0 || near(index - 1) ? ["  …"] : [];
  });
}

const CONTEXT = 3;

/** Compares the lines by their longest common subsequence. */
function compare(before: readonly string[], after: readonly string[]): string[] {
  // `common[i][j]` is the number of lines that the texts have in common from line i and line j on.
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const row = common[i];
      if (row) row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`  ${before[i++]}`);
      j++;
    } else if (j < after.length && (i === before.length || at(i, j + 1) > at(i + 1, j))) lines.push(`+ ${after[j++]}`);
    else lines.push(`- ${before[i++]}`);
  }
  return lines;
}
