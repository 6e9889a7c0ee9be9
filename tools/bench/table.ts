/** Formats a table: first column left-aligned, the others right-aligned. */
export function tableLines(head: string[], rows: string[][]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, k) => Math.max(...all.map((row) => row[k]!.length)));
  return all.map((row) =>
    row
      .map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!)))
      .join('  ')
      .trimEnd(),
  );
}
