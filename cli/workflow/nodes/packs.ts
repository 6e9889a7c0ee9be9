/** Where well-known node classes come from: for graphs whose file does not say it. */

/** By a pattern of the class, the pack's repository on GitHub. */
const PACKS: [classes: RegExp, repository: string][] = [
  [/^DDColor_Colorize$/, 'kijai/ComfyUI-DDColor'],
  [/^(CR |CR_)/, 'Suzie1/ComfyUI_Comfyroll_CustomNodes'],
  [/\|pysssss$/, 'pythongosssss/ComfyUI-Custom-Scripts'],
  [/\(rgthree\)$/, 'rgthree/rgthree-comfy'],
  [/^VHS_/, 'Kosinkadink/ComfyUI-VideoHelperSuite'],
  [/^ADE_/, 'Kosinkadink/ComfyUI-AnimateDiff-Evolved'],
  [/^ACN_/, 'Kosinkadink/ComfyUI-Advanced-ControlNet'],
  [/^easy /, 'yolain/ComfyUI-Easy-Use'],
  [/^(IPAdapter|PrepImageForClipVision)/, 'cubiq/ComfyUI_IPAdapter_plus'],
  [/^\w+\+$/, 'cubiq/ComfyUI_essentials'],
  [
    /^(FaceDetailer|DetailerForEach|UltralyticsDetectorProvider|SAMLoader|Impact\w+)/,
    'ltdrdata/ComfyUI-Impact-Pack',
  ],
  [/^UltimateSDUpscale/, 'ssitu/ComfyUI_UltimateSDUpscale'],
  [/^SUPIR_/, 'kijai/ComfyUI-SUPIR'],
  [/^(SetNode|GetNode|ImageResizeKJ|ImageResizeKJv2|ColorMatch|.*KJ)$/, 'kijai/ComfyUI-KJNodes'],
  [/^(DownloadAndLoad)?Florence2/, 'kijai/ComfyUI-Florence2'],
  [/^(DownloadAndLoad)?DepthAnythingV2|^DepthAnything_V2$/, 'kijai/ComfyUI-DepthAnythingV2'],
  [/Preprocessor$/, 'Fannovel16/comfyui_controlnet_aux'],
  [/^(RIFE|FILM|GMFSS|IFRNet) ?VFI/i, 'Fannovel16/ComfyUI-Frame-Interpolation'],
  [/^ReActor/, 'Gourieff/ComfyUI-ReActor'],
  [/^SeedVR2/, 'numz/ComfyUI-SeedVR2_VideoUpscaler'],
  [/^(UnetLoaderGGUF|DualCLIPLoaderGGUF|CLIPLoaderGGUF)/, 'city96/ComfyUI-GGUF'],
  [/^(LayerUtility|LayerMask|LayerColor|LayerFilter|LayerStyle): /, 'chflame163/ComfyUI_LayerStyle'],
  [/^Nunchaku/, 'nunchaku-tech/ComfyUI-nunchaku'],
];

export const knownRepository = (className: string): string | undefined =>
  PACKS.find(([classes]) => classes.test(className))?.[1];
