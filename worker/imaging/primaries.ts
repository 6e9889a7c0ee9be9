/** From linear values of other primaries to those of sRGB. CIE 15:2004; ICC.1:2022, annex E (Bradford's adaptation). */

/** Rows of three numbers each. */
export type Matrix = readonly [Row, Row, Row];
type Row = readonly [number, number, number];
/** CIE x and y. */
export type Chromaticity = readonly [x: number, y: number];
export interface Primaries {
  white: Chromaticity;
  red: Chromaticity;
  green: Chromaticity;
  blue: Chromaticity;
}

export const D65: Chromaticity = [0.3127, 0.329];
export const SRGB: Primaries = { white: D65, red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06] };
/** White of profiles, as XYZ. */
export const D50_XYZ: Row = [0.9642, 1, 0.8249];

export const times = (matrix: Matrix, [a, b, c]: Row): Row =>
  matrix.map(([x, y, z]) => x * a + y * b + z * c) as unknown as Row;
const transposed = (matrix: Matrix): Matrix =>
  [0, 1, 2].map((k) => matrix.map((row) => row[k]!)) as unknown as Matrix;
const product = (one: Matrix, other: Matrix): Matrix =>
  transposed(transposed(other).map((column) => times(one, column)) as unknown as Matrix);
const diagonal = ([a, b, c]: Row): Matrix => [
  [a, 0, 0],
  [0, b, 0],
  [0, 0, c],
];

function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const cofactors: Matrix = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  const [[A], [B], [C]] = cofactors;
  const determinant = a * A + b * B + c * C;
  return cofactors.map((row) => row.map((value) => value / determinant)) as unknown as Matrix;
}

const xyzOf = ([x, y]: Chromaticity): Row => [x / y, 1, (1 - x - y) / y];

const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** Linear values to XYZ relative to D50. */
function toD50({ white, red, green, blue }: Primaries): Matrix {
  const colours = transposed([xyzOf(red), xyzOf(green), xyzOf(blue)]);
  const whiteXyz = xyzOf(white);
  const toXyz = product(colours, diagonal(times(inverse(colours), whiteXyz)));
  const [from, to] = [times(BRADFORD, whiteXyz), times(BRADFORD, D50_XYZ)];
  const scale = diagonal([to[0] / from[0], to[1] / from[1], to[2] / from[2]]);
  return product(product(inverse(BRADFORD), product(scale, BRADFORD)), toXyz);
}

/** XYZ relative to D50 to linear sRGB. */
export const XYZ_TO_SRGB: Matrix = inverse(toD50(SRGB));

/** @returns undefined for primaries that make no colours */
export function toSrgbFrom(primaries: Primaries): Matrix | undefined {
  const matrix = product(XYZ_TO_SRGB, toD50(primaries));
  return matrix.flat().every(Number.isFinite) ? matrix : undefined;
}
