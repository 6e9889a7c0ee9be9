/** How large a graph's picture is, relative to the photo: a worker takes only results of exactly the size that the workflow states. */
import { isLink, nodeAt, type Graph, type GraphNode } from './graph.ts';

export type Size =
  | {
      kind: 'scaled';
      factor: number;
      /** Nodes that scale. */ by: string[];
      /** Node that cuts to a multiple of pixels. */ cutBy?: string;
    }
  /** Of its own, whatever the photo's. */
  | { kind: 'fixed'; node: string }
  | { kind: 'unknown'; node: string };

/** The input whose size a class's output has. */
const KEEPS: Record<string, string> = {
  ...each('image', [
    ...['ImageInvert', 'ImageSharpen', 'ImageBlur', 'ImageQuantize', 'ImageFlip', 'ImageAddNoise', 'Canny'],
    ...['ImageFromBatch', 'RepeatImageBatch', 'Morphology', 'ImageRGBToYUV', 'JoinImageWithAlpha'],
    ...['SplitImageWithAlpha', 'DDColor', 'DDColor_Colorize', 'LTXVPreprocess'],
  ]),
  ImageBlend: 'image1',
  ImageBatch: 'image1',
  ImageCompositeMasked: 'destination',
  ImageYUVToRGB: 'Y',
  PorterDuffImageComposite: 'source',
  ...each('samples', [
    'VAEDecode',
    'VAEDecodeTiled',
    'SetLatentNoiseMask',
    'RepeatLatentBatch',
    'LatentFlip',
  ]),
  ...each('latent_image', ['KSampler', 'KSamplerAdvanced', 'SamplerCustom', 'SamplerCustomAdvanced']),
};

/** The same, cut to a multiple of eight pixels. */
const CUTS: Record<string, string> = each('pixels', [
  ...[
    'VAEEncode',
    'VAEEncodeTiled',
    'VAEEncodeForInpaint',
    'InpaintModelConditioning',
    'InstructPixToPixConditioning',
  ],
]);

/** The same, times a number of the node. */
const SCALES: Record<string, string> = { ImageScaleBy: 'image', LatentUpscaleBy: 'samples' };

const FIXED =
  /^(Empty.*|ImageScale|LatentUpscale|ImageCrop|LatentCrop|ResizeAndPadImage|ImageScaleToTotalPixels|ImageScaleToMaxDimension|FluxKontextImageScale|StableCascade_.*|LoadImage.*)$/;

function each(input: string, classes: string[]): Record<string, string> {
  return Object.fromEntries(classes.map((name) => [name, input]));
}

/** @param at the input that the result is read from. @param photo the node that loads the photo */
export function resultSize(graph: Graph, at: unknown, photo: string): Size {
  let factor = 1;
  let cutBy: string | undefined;
  const by: string[] = [];
  let next = at;
  // No graph without a circle has a longer path.
  for (let left = Object.keys(graph).length; left >= 0; left--) {
    if (!isLink(next)) break;
    const [id] = next;
    const node = nodeAt(graph, id);
    if (id === photo) return { kind: 'scaled', factor, by, ...(cutBy !== undefined && { cutBy }) };
    if (!node) break;
    const { class_type: name, inputs } = node;
    const [scaled, cut, kept] = [SCALES[name], CUTS[name], KEEPS[name]];
    if (scaled !== undefined && typeof inputs['scale_by'] === 'number') {
      factor *= inputs['scale_by'];
      by.push(id);
      next = inputs[scaled];
    } else if (cut !== undefined) {
      cutBy = id;
      next = inputs[cut];
    } else if (kept !== undefined) next = inputs[kept];
    else {
      const model = modelFactor(graph, node);
      const measured = measuredInput(graph, node);
      if (model !== undefined) {
        factor *= model;
        by.push(id);
        next = inputs['image'];
      } else if (measured !== undefined) {
        // Brought to the size of another picture, whatever its own was.
        next = measured;
      } else return { kind: FIXED.test(name) ? 'fixed' : 'unknown', node: id };
    }
  }
  return { kind: 'unknown', node: isLink(next) ? next[0] : photo };
}

/** Of an upscaling model, whose file's name says it: `4x-UltraSharp.pth`, `RealESRGAN_x4plus.pth`. */
function modelFactor(graph: Graph, { class_type, inputs }: GraphNode): number | undefined {
  const model = inputs['upscale_model'];
  if (class_type !== 'ImageUpscaleWithModel' || !isLink(model)) return undefined;
  const file = nodeAt(graph, model[0])?.inputs['model_name'];
  const [, before, after] = /(?:^|[^\d])([1248])x|x([1248])(?!\d)/i.exec(String(file)) ?? [];
  const factor = Number(before ?? after);
  return factor > 0 ? factor : undefined;
}

/** The picture whose width and height a picture is scaled to. */
function measuredInput(graph: Graph, { class_type, inputs }: GraphNode): unknown {
  if (class_type !== 'ImageScale' || inputs['crop'] === undefined) return undefined;
  const { width, height } = inputs;
  if (!isLink(width) || !isLink(height) || width[0] !== height[0] || width[1] !== 0 || height[1] !== 1)
    return undefined;
  const measuring = nodeAt(graph, width[0]);
  return measuring?.class_type === 'GetImageSize' ? measuring.inputs['image'] : undefined;
}

/**
 * Scales the result to the photo's size.
 *
 * @returns the graph, and the new source of the result
 */
export function fitted(
  graph: Graph,
  result: unknown,
  photo: string,
): { graph: Graph; result: [string, number] } {
  const numbers = Object.keys(graph).map((id) => Number.parseInt(id, 10) || 0);
  const free = Math.max(0, ...numbers) + 1;
  const [measure, scale] = [String(free), String(free + 1)];
  return {
    graph: {
      ...graph,
      [measure]: { class_type: 'GetImageSize', inputs: { image: [photo, 0] } },
      [scale]: {
        class_type: 'ImageScale',
        inputs: {
          image: result,
          upscale_method: 'lanczos',
          width: [measure, 0],
          height: [measure, 1],
          crop: 'disabled',
        },
      },
    },
    result: [scale, 0],
  };
}
