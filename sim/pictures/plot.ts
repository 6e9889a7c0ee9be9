/** Plots as SVG text: a panel with axes, and lines in it. Dark on white, so that it reads the same in light and dark pages. */

export interface Line {
  label: string;
  colour: string;
  points: [x: number, y: number][];
  /** `area` fills a staircase down to the axis. @default 'line' */
  form?: 'line' | 'steps' | 'area' | 'dots';
  dash?: string;
}

export interface Axis {
  label: string;
  from: number;
  to: number;
  ticks: number[];
  /** @default the number */
  text?: (value: number) => string;
  isLogarithmic?: boolean;
}

export interface Panel {
  title: string;
  x: Axis;
  y: Axis;
  lines: Line[];
}

const LEFT = 52;
const TOP = 30;
const BOTTOM = 40;
const RIGHT = 20;

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const round = (value: number) => Number(value.toFixed(1));

function scaleOf({ from, to, isLogarithmic }: Axis, start: number, length: number) {
  const share = (value: number) =>
    isLogarithmic
      ? Math.log(Math.max(value, from) / from) / Math.log(to / from)
      : (value - from) / (to - from);
  return (value: number) => round(start + length * Math.min(1, Math.max(0, share(value))));
}

/** The path of a line; a staircase keeps each value until the next point. */
function pathOf({ form = 'line', points }: Line, x: (v: number) => number, y: (v: number) => number): string {
  const isStaircase = form === 'steps' || form === 'area';
  let path = '';
  let last: [number, number] | undefined;
  for (const [a, b] of points) {
    const next: [number, number] = [x(a), y(b)];
    if (!last) path = `M${next[0]} ${next[1]}`;
    else if (!isStaircase) path += `L${next[0]} ${next[1]}`;
    else if (next[0] !== last[0] || next[1] !== last[1]) path += `H${next[0]}V${next[1]}`;
    last = next;
  }
  return path;
}

function drawn(line: Line, x: (v: number) => number, y: (v: number) => number): string {
  const { form, colour, dash, points } = line;
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return '';
  const path = pathOf(line, x, y);
  if (form === 'area')
    return `<path d="${path}V${y(0)}H${x(first[0])}Z" fill="${colour}" fill-opacity="0.35"/>`;
  const marks =
    form === 'dots'
      ? points.map(([a, b]) => `<circle cx="${x(a)}" cy="${y(b)}" r="3" fill="${colour}"/>`)
      : [];
  const style = dash ? ` stroke-dasharray="${dash}"` : '';
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.8"${style}/>${marks.join('')}`;
}

function panelAt(
  { title, x, y, lines }: Panel,
  left: number,
  top: number,
  width: number,
  height: number,
): string {
  const inner = {
    left: left + LEFT,
    top: top + TOP,
    width: width - LEFT - RIGHT,
    height: height - TOP - BOTTOM,
  };
  const bottom = inner.top + inner.height;
  const right = inner.left + inner.width;
  const atX = scaleOf(x, inner.left, inner.width);
  const atY = scaleOf({ ...y, from: y.to, to: y.from }, inner.top, inner.height);
  const text = (axis: Axis, value: number) => escaped(axis.text?.(value) ?? String(value));
  return [
    `<text x="${inner.left}" y="${top + 18}" font-weight="600">${escaped(title)}</text>`,
    ...y.ticks.map(
      (value) =>
        `<path d="M${inner.left} ${atY(value)}H${right}" stroke="#e5e7eb"/><text x="${inner.left - 6}" y="${atY(value) + 4}" text-anchor="end">${text(y, value)}</text>`,
    ),
    ...x.ticks.map(
      (value) =>
        `<path d="M${atX(value)} ${bottom}v4" stroke="#6b7280"/><text x="${atX(value)}" y="${bottom + 17}" text-anchor="middle">${text(x, value)}</text>`,
    ),
    `<path d="M${inner.left} ${inner.top}V${bottom}H${right}" fill="none" stroke="#6b7280"/>`,
    `<text x="${right}" y="${bottom + 33}" text-anchor="end" fill="#4b5563">${escaped(x.label)}</text>`,
    `<text transform="translate(${left + 12} ${inner.top + inner.height / 2}) rotate(-90)" text-anchor="middle" fill="#4b5563">${escaped(y.label)}</text>`,
    ...lines.map((line) => drawn(line, atX, atY)),
  ].join('\n');
}

/** A picture of panels in rows; one legend for all, from the labels of their lines. */
export function picture(rows: Panel[][], size = { width: 980, height: 250 }): string {
  const labels = new Map(
    rows.flat().flatMap(({ lines }) => lines.map((line) => [line.label, line] as const)),
  );
  const total = rows.length * size.height + 28;
  let at = LEFT;
  const legend = [...labels.values()].map(({ label, colour, form, dash }) => {
    const from = at;
    at += 34 + 6.6 * label.length;
    const mark =
      form === 'area'
        ? `<rect x="${from}" y="${total - 21}" width="18" height="10" fill="${colour}" fill-opacity="0.35"/>`
        : `<path d="M${from} ${total - 16}h18" stroke="${colour}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}/>`;
    return `${mark}<text x="${from + 23}" y="${total - 12}">${escaped(label)}</text>`;
  });
  const panels = rows.flatMap((row, k) => {
    const width = size.width / row.length;
    return row.map((panel, n) => panelAt(panel, n * width, k * size.height, width, size.height));
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${total}" viewBox="0 0 ${size.width} ${total}" font-family="system-ui, sans-serif" font-size="12" fill="#111">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...panels,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}
