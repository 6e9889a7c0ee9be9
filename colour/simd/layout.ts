/** Where the kernels have their tables, as addresses in their memory. AssemblyScript and TypeScript both read this file. */

/** Of the indexes of four pixels. */
export const SCRATCH = 0;
/** Lab's f of each grey value, as floats. */
export const F_OF_GREY = 1024;
/** Luminance of each value of red, green and blue, as whole numbers. */
export const LUMINANCE = 2048;
/** Stored value of a linear one, by its whole number of steps. */
export const GAMMA = 8192;
/** Grey value of a luminance. */
export const GREY = 73_728;
/** The rest is for pictures. */
export const WORK = 139_264;

/** Steps of a linear value of 1 in {@link GAMMA}; the darkest step of 8 bits has 2.5 of them. */
export const GAMMA_STEPS = 8192;
/** Index of zero. Chroma of 8 bits makes linear values of -2.7 to 5.1: all of them have a place, so that nothing is clamped. */
export const GAMMA_ZERO = 22_528;
/** Steps of {@link LUMINANCE} in one of {@link GREY}, as bits. */
export const LUMINANCE_BITS = 8;
