/** The curve of sRGB, IEC 61966-2-1, between what is stored and what is proportional to light; both from 0 to 1. */

export const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
export const encoded = (y: number) => (y <= 0.0031308 ? y * 12.92 : 1.055 * y ** (1 / 2.4) - 0.055);
