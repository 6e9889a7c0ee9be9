/** CIE Lab as TIFFs have it, to linear sRGB. TIFF 6.0, section 23 (CIELAB); ICC.1:2001, annex A (ICC Lab of 16 bits). */
import { EPSILON, SLOPE } from '../../colour/chroma.ts';
import { D50_XYZ, XYZ_TO_SRGB } from './primaries.ts';

/** By stored value: f of luminance, and what a and b add to f of X and Z. */
export interface LabTables {
  fy: Float64Array;
  a: Float64Array;
  b: Float64Array;
}

/** @param isIcc whether a and b are stored with an offset, as ICC profiles have them, not as signed numbers */
export function labTables(isIcc: boolean, depth: 8 | 16): LabTables {
  const half = depth === 16 ? 32_768 : 128;
  /** Steps of a and b in one unit, and the value of L = 100. */
  const [unit, white] = [half / 128, depth === 8 ? 255 : isIcc ? 65_280 : 65_535];
  const byValue = (of: (value: number) => number) => Float64Array.from({ length: 2 * half }, (_, v) => of(v));
  const signed = (value: number) => (isIcc ? value - half : value < half ? value : value - 2 * half) / unit;
  return {
    fy: byValue((value) => ((100 * value) / white + 16) / 116),
    a: byValue((value) => signed(value) / 500),
    b: byValue((value) => -signed(value) / 200),
  };
}

const cube = (f: number): number => (f > EPSILON ? f * f * f : SLOPE * (f - 4 / 29));

/** @param out linear red, green and blue, which may be outside of 0 to 1 */
export function linearOfLab(tables: LabTables, l: number, a: number, b: number, out: Float64Array): void {
  const fy = tables.fy[l]!;
  const x = D50_XYZ[0] * cube(fy + tables.a[a]!);
  const y = cube(fy);
  const z = D50_XYZ[2] * cube(fy + tables.b[b]!);
  for (let k = 0; k < 3; k++) {
    const row = XYZ_TO_SRGB[k]!;
    out[k] = row[0] * x + row[1] * y + row[2] * z;
  }
}
