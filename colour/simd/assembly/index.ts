/** The kernels, compiled by AssemblyScript to `../module.ts`: `node tools/run.mjs kernels`. */
export { step, widen } from './chroma';
export { lightness16, mergeRow16 } from './depth16';
export { lightness3, lightness4 } from './lightness';
export { mergeRow3, mergeRow4 } from './merge';
