/** Sizes of the image and of the volume that starts from it: the launch template, the bake and the cost tables share them. */

/** GiB of the smallest volume that AWS's base image starts on: the size of its snapshot. */
export const BASE_IMAGE_GIB = 75;

/** GiB of the root volume, in the bake and of each instance: the base image, and room for ComfyUI, its packages and scratch files. */
export const ROOT_VOLUME_GIB = 100;

/**
 * What gp3 includes in its price. Stated in the launch template: an image keeps the IOPS and the throughput of the volume that it
 * was built on, and a bake has more of both.
 */
export const ROOT_VOLUME_IOPS = 3000;
export const ROOT_VOLUME_MEBIBYTES_PER_SECOND = 125;

/**
 * GiB of written blocks in the image's snapshot where no bake has recorded them. An assumption: about 60 of the base image, most
 * of them CUDA, and 10 of PyTorch, ComfyUI and the weights.
 */
export const ASSUMED_IMAGE_GIB = 70;
