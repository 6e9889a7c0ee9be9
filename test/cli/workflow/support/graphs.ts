/** Graphs of the kinds that are in circulation, made here of ComfyUI's own node classes. */
import type { Graph, GraphNode } from '../../../../cli/workflow/graph/graph.ts';

export const node = (class_type: string, inputs: Record<string, unknown> = {}): GraphNode => ({
  class_type,
  inputs,
});

export const load = (image = 'photo.png') => node('LoadImage', { image });
export const save = (from: string, prefix = 'ComfyUI') =>
  node('SaveImage', { images: [from, 0], filename_prefix: prefix });

/** Scaled and sharpened. */
export const upscale: Graph = {
  1: load(),
  2: node('ImageScaleBy', { image: ['1', 0], upscale_method: 'lanczos', scale_by: 2 }),
  3: node('ImageSharpen', { image: ['2', 0], sharpen_radius: 1, sigma: 0.8, alpha: 0.06 }),
  4: save('3'),
};

/** Only shown. */
export const invert: Graph = {
  1: load(),
  2: node('ImageInvert', { image: ['1', 0] }),
  3: node('PreviewImage', { images: ['2', 0] }),
};

export const upscaleModel: Graph = {
  1: load(),
  2: node('UpscaleModelLoader', { model_name: '4x-Crisp.pth' }),
  3: node('ImageUpscaleWithModel', { upscale_model: ['2', 0], image: ['1', 0] }),
  4: save('3'),
};

export const ddcolor: Graph = {
  5: load(),
  7: node('DDColor', { image: ['5', 0], model_input_size: 512, checkpoint: 'ddcolor_modelscope.pth' }),
  9: save('7'),
};

/** What Stable Diffusion makes of a latent picture, as node 7; nodes from 4 to 9. */
const diffusion = (latent: [string, number], positive: [string, number] = ['5', 0]): Graph => ({
  4: node('CheckpointLoaderSimple', { ckpt_name: 'sd15\\base.safetensors' }),
  5: node('CLIPTextEncode', { clip: ['4', 1], text: 'a garden, embedding:crisp' }),
  6: node('CLIPTextEncode', { clip: ['4', 1], text: '' }),
  7: node('KSampler', {
    ...{ model: ['4', 0], positive, negative: ['6', 0], latent_image: latent },
    ...{ seed: 2 ** 60, steps: 20, cfg: 8, sampler_name: 'euler', scheduler: 'normal', denoise: 0.5 },
  }),
  8: node('VAEDecode', { samples: ['7', 0], vae: ['4', 2] }),
  9: save('8'),
});

export const textToImage: Graph = {
  3: node('EmptyLatentImage', { width: 512, height: 512, batch_size: 1 }),
  ...diffusion(['3', 0]),
};

export const imageToImage: Graph = {
  1: load(),
  3: node('VAEEncode', { pixels: ['1', 0], vae: ['4', 2] }),
  ...diffusion(['3', 0]),
};

/** As saved before `grow_mask_by`. */
export const inpaint: Graph = {
  1: load(),
  3: node('VAEEncodeForInpaint', { pixels: ['1', 0], vae: ['4', 2], mask: ['1', 1] }),
  ...diffusion(['3', 0]),
};

/** Two pictures that guide a third one. */
export const controlNets: Graph = {
  3: node('EmptyLatentImage', { width: 512, height: 512, batch_size: 1 }),
  ...diffusion(['3', 0], ['15', 0]),
  10: load('lines.png'),
  11: load('pose.png'),
  12: node('ControlNetLoader', { control_net_name: 'lines.safetensors' }),
  13: node('ControlNetLoader', { control_net_name: 'pose.safetensors' }),
  14: node('ControlNetApply', {
    conditioning: ['5', 0],
    control_net: ['12', 0],
    image: ['10', 0],
    strength: 1,
  }),
  15: node('ControlNetApply', {
    conditioning: ['14', 0],
    control_net: ['13', 0],
    image: ['11', 0],
    strength: 1,
  }),
};

export const film: Graph = {
  1: load(),
  2: node('SaveAnimatedWEBP', {
    ...{ images: ['1', 0], filename_prefix: 'film', fps: 6, lossless: true },
    ...{ quality: 80, method: 'default' },
  }),
};

/** A class of a pack, and one that calls a service. */
export const packs: Graph = {
  1: load(),
  2: node('ImageResizeKJv2', { image: ['1', 0], width: 512, height: 512 }),
  3: node('IdeogramV3', { image: ['2', 0], prompt: 'a garden' }),
  4: save('3'),
};

export const twoResults: Graph = { ...upscale, 5: save('2', 'soft') };

/** Enlarged by a model, halved and sharpened; a preview on the way. That of docs/workflow.md. */
export const crisp: Graph = {
  1: load('portrait.jpg'),
  2: node('UpscaleModelLoader', { model_name: '4x-Crisp.pth' }),
  3: node('ImageUpscaleWithModel', { upscale_model: ['2', 0], image: ['1', 0] }),
  4: node('ImageScaleBy', { image: ['3', 0], upscale_method: 'area', scale_by: 0.5 }),
  5: node('ImageSharpen', { image: ['4', 0], sharpen_radius: 1, sigma: 0.8, alpha: 0.1 }),
  6: save('5'),
  7: node('PreviewImage', { images: ['3', 0] }),
};
