/** JSON as the files of `ami/workflow/` have it: what fits on a line is on one. */

const WIDTH = 110;

/** @param value without undefined values */
export const jsonFile = (value: object): string => `${expanded(value, 0)}\n`;

/** @param used columns before the value and behind it */
function text(value: unknown, depth: number, used: number): string {
  const line = oneLine(value);
  return used + line.length <= WIDTH ? line : expanded(value, depth);
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${oneLine(one)}`);
  return fields.length > 0 ? `{ ${fields.join(', ')} }` : '{}';
}

function expanded(value: unknown, depth: number): string {
  const inner = ' '.repeat(2 * depth + 2);
  const block = (open: string, lines: string[], close: string) =>
    lines.length > 0
      ? `${open}\n${lines.map((line) => inner + line).join(',\n')}\n${inner.slice(2)}${close}`
      : open + close;
  if (Array.isArray(value))
    return block(
      '[',
      value.map((one) => text(one, depth + 1, inner.length + 1)),
      ']',
    );
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const lines = Object.entries(value).map(([key, one]) => {
    const head = `${JSON.stringify(key)}: `;
    // The graph is a list of its nodes.
    const isGraph = depth === 0 && key === 'graph';
    return head + (isGraph ? expanded(one, depth + 1) : text(one, depth + 1, inner.length + head.length + 1));
  });
  return block('{', lines, '}');
}
