/** Declarations of the stand-in's node classes, as in ComfyUI 0.3.64 with the public DDColor node and ours. */

/** Type of an input, or its allowed values, with the rest of its declaration. */
export type InputConfig = [type: string | string[], options?: Record<string, unknown>];

export interface NodeClass {
  required: Record<string, InputConfig>;
  hidden?: Record<string, string>;
  output: string[];
  outputNames: string[];
  displayName: string;
  description: string;
  module: string;
  category: string;
  isOutput: boolean;
  /** Input with a VALIDATE_INPUTS of the class, which replaces the general checks. */
  validates?: string;
}

export const CHECKPOINTS = [
  'ddcolor_paper_tiny.pth',
  'ddcolor_paper.pth',
  'ddcolor_modelscope.pth',
  'ddcolor_artistic.pth',
];

const PRECISIONS = ['auto', 'float16', 'bfloat16', 'float32'];

/** @param files names in the root of the input folder: the choices of LoadImage */
export function nodeClasses(files: string[]): Record<string, NodeClass> {
  return {
    LoadImage: {
      required: { image: [files, { image_upload: true }] },
      output: ['IMAGE', 'MASK'],
      outputNames: ['IMAGE', 'MASK'],
      displayName: 'Load Image',
      description: '',
      module: 'nodes',
      category: 'image',
      isOutput: false,
      validates: 'image',
    },
    DDColor_Colorize: {
      required: {
        image: ['IMAGE'],
        model_input_size: ['INT', { default: 512, min: 32, max: 4096, step: 32 }],
        checkpoint: [CHECKPOINTS, { default: CHECKPOINTS[0] }],
      },
      output: ['IMAGE'],
      outputNames: ['colorized_image'],
      displayName: 'DDColor_Colorize',
      description: '',
      module: 'custom_nodes.ComfyUI-DDColor',
      category: 'DDColor',
      isOutput: false,
    },
    DDColor: {
      required: {
        image: ['IMAGE'],
        model_input_size: ['INT', { default: 512, min: 32, max: 4096, step: 32 }],
        checkpoint: [CHECKPOINTS],
      },
      output: ['IMAGE', 'IMAGE'],
      outputNames: ['colorized_image', 'ab'],
      displayName: 'DDColor',
      description: '',
      module: 'custom_nodes.ddcolor_node',
      category: 'DDColor',
      isOutput: false,
    },
    LoadGrey: {
      required: { image: ['STRING', { default: '' }] },
      output: ['IMAGE'],
      outputNames: ['IMAGE'],
      displayName: 'LoadGrey',
      description: "Loads a picture of ComfyUI's input folder as grey of 8 bits.",
      module: 'custom_nodes.ddcolor_node',
      category: 'DDColor',
      isOutput: false,
      validates: 'image',
    },
    DDColorChroma: {
      required: {
        image: ['IMAGE'],
        model_input_size: ['INT', { default: 512, min: 32, max: 4096, step: 32 }],
        checkpoint: [CHECKPOINTS],
        precision: [PRECISIONS, { default: 'auto' }],
      },
      output: ['CHROMA'],
      outputNames: ['ab'],
      displayName: 'DDColorChroma',
      description: '',
      module: 'custom_nodes.ddcolor_node',
      category: 'DDColor',
      isOutput: false,
    },
    SaveChroma: {
      required: { ab: ['CHROMA'], filename_prefix: ['STRING', { default: 'ComfyUI' }] },
      output: [],
      outputNames: [],
      displayName: 'SaveChroma',
      description: '',
      module: 'custom_nodes.ddcolor_node',
      category: 'DDColor',
      isOutput: true,
    },
    ImageScaleBy: {
      required: {
        image: ['IMAGE'],
        upscale_method: [['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos']],
        scale_by: ['FLOAT', { default: 1, min: 0.01, max: 8, step: 0.01 }],
      },
      output: ['IMAGE'],
      outputNames: ['IMAGE'],
      displayName: 'Upscale Image By',
      description: '',
      module: 'nodes',
      category: 'image/upscaling',
      isOutput: false,
    },
    ImageSharpen: {
      required: {
        image: ['IMAGE'],
        sharpen_radius: ['INT', { default: 1, min: 1, max: 31, step: 1 }],
        sigma: ['FLOAT', { default: 1, min: 0.1, max: 10, step: 0.01 }],
        alpha: ['FLOAT', { default: 1, min: 0, max: 5, step: 0.01 }],
      },
      output: ['IMAGE'],
      outputNames: ['IMAGE'],
      displayName: 'ImageSharpen',
      description: '',
      module: 'comfy_extras.nodes_post_processing',
      category: 'image/postprocessing',
      isOutput: false,
    },
    ImageInvert: {
      required: { image: ['IMAGE'] },
      output: ['IMAGE'],
      outputNames: ['IMAGE'],
      displayName: 'Invert Image',
      description: '',
      module: 'nodes',
      category: 'image',
      isOutput: false,
    },
    SaveImage: {
      required: {
        images: ['IMAGE', { tooltip: 'The images to save.' }],
        filename_prefix: ['STRING', { default: 'ComfyUI' }],
      },
      hidden: { prompt: 'PROMPT', extra_pnginfo: 'EXTRA_PNGINFO' },
      output: [],
      outputNames: [],
      displayName: 'Save Image',
      description: 'Saves the input images to your ComfyUI output directory.',
      module: 'nodes',
      category: 'image',
      isOutput: true,
    },
  };
}

/** Response of `/object_info/{class}`. */
export function objectInfo(name: string, node: NodeClass): object {
  return {
    input: { required: node.required, ...(node.hidden && { hidden: node.hidden }) },
    input_order: {
      required: Object.keys(node.required),
      ...(node.hidden && { hidden: Object.keys(node.hidden) }),
    },
    output: node.output,
    output_is_list: node.output.map(() => false),
    output_name: node.outputNames,
    name,
    display_name: node.displayName,
    description: node.description,
    python_module: node.module,
    category: node.category,
    output_node: node.isOutput,
  };
}
