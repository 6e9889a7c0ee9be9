/** The parts of a photo's cost, from a profile of JavaScript and WebAssembly and from the CPU time of the codec's threads. */

/** In the order a photo meets them. `other`: heads, garbage collection, compilation. */
export const PARTS = [
  'decode',
  'lightness',
  'copy',
  'upload',
  'saved',
  'merge',
  'encode',
  'metadata',
  'hand-over',
  'other',
] as const;
export type Part = (typeof PARTS)[number];
/** CPU seconds of each. */
export type Parts = Record<Part, number>;

export const PART_MEANINGS: Record<Part, string> = {
  decode: 'sharp decodes the file',
  lightness: 'grey values of the same luminance',
  copy: 'the square that the network sees',
  upload: "that square as ComfyUI's input",
  saved: 'reading what ComfyUI saved',
  merge: "colours and the photo's own lightness",
  encode: 'sharp encodes the result',
  metadata: 'EXIF, XMP, profile',
  'hand-over': 'isolation: frames, copies between processes, their checks',
  other: 'heads, garbage collection, compilation',
};

export const noParts = (): Parts => Object.fromEntries(PARTS.map((part) => [part, 0])) as Parts;

/** A function of the profile. */
export interface Frame {
  /** Path of its source file; empty for WebAssembly and native functions. */
  source: string;
  name: string;
}

/** By source file, and by function where a file has several parts. The first that matches. */
const RULES: [part: Part, source: RegExp, name?: RegExp][] = [
  ['lightness', /colour\/(\w+\/)?depth16/, /lightness/i],
  ['merge', /colour\/(\w+\/)?depth16/],
  ['merge', /colour\/(\w+\/)?merge/],
  ['lightness', /colour\/(\w+\/)?lightness|imaging\/(tones|conversion|lcms|png-colour|lab)/],
  ['copy', /colour\/(\w+\/)?(resample|room|tint)/],
  ['metadata', /colour\/metadata\/|imaging\/(metadata|tiff-(metadata|entries|tags|values|directory))/],
  ['saved', /colour\/(\w+\/)?chroma|imaging\/paths/],
  ['encode', /imaging\/encode/],
  ['decode', /imaging\/(decode|samples|readable|completed|structure)/],
];

/** @param stack innermost function first; the first one that belongs to a part decides */
export function partOf(stack: readonly Frame[]): Part {
  for (const { source, name } of stack) {
    const rule = RULES.find(([, file, named]) => file.test(source) && (named?.test(name) ?? true));
    if (rule) return rule[0];
  }
  return 'other';
}

/** What a profile of Node's inspector has of a function. */
export interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  children?: number[];
}
export interface Profile {
  nodes: ProfileNode[];
  /** Node of each sample. */
  samples?: number[];
}

const IDLE = '(idle)';

/**
 * Shares of each part in the samples of a thread that was not idle.
 *
 * @param sourceOf path of the source file of a bundled function
 */
export function sharesOf(
  { nodes, samples = [] }: Profile,
  sourceOf: (frame: ProfileNode['callFrame']) => string,
): Parts {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parentOf = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const found = new Map<number, Part | undefined>();
  const partOfNode = (id: number): Part | undefined => {
    const stack: Frame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parentOf.get(at)) {
      const { callFrame } = byId.get(at)!;
      stack.push({ source: sourceOf(callFrame), name: callFrame.functionName });
    }
    return stack[0]!.name === IDLE ? undefined : partOf(stack);
  };
  const shares = noParts();
  let counted = 0;
  for (const id of samples) {
    if (!found.has(id)) found.set(id, partOfNode(id));
    const part = found.get(id);
    if (part === undefined) continue;
    shares[part]++;
    counted++;
  }
  for (const part of PARTS) shares[part] /= Math.max(1, counted);
  return shares;
}
