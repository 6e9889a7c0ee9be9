"""The node. ComfyUI's modules are imported when ComfyUI calls, so that the other code works without it."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from . import colours, model, stack, weights
from .precision import PRECISIONS

_FOLDER = "ddcolor"


def _folder_paths() -> Any:
    """ComfyUI's folder_paths, with `models/ddcolor` in addition to the paths of extra_model_paths.yaml."""
    import folder_paths

    folder_paths.add_model_folder_path(_FOLDER, os.path.join(folder_paths.models_dir, _FOLDER))
    # A folder that was added has no extensions, which would list the .sha256 files too.
    paths, _ = folder_paths.folder_names_and_paths[_FOLDER]
    folder_paths.folder_names_and_paths[_FOLDER] = (paths, weights.EXTENSIONS)
    return folder_paths


class DDColor:
    """Colours photos. Takes the inputs of the public node DDColor_Colorize."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, tuple[Any, ...]]]:
        return {
            "required": {
                "image": ("IMAGE",),
                "model_input_size": ("INT", {"default": 512, "min": 32, "max": 4096, "step": 32}),
                "checkpoint": (_folder_paths().get_filename_list(_FOLDER),),
            }
        }

    RETURN_TYPES = ("IMAGE", "IMAGE")
    RETURN_NAMES = ("colorized_image", "ab")
    FUNCTION = "process"
    CATEGORY = "DDColor"
    DESCRIPTION = "Colours photos. `ab` holds Lab's a and b at model_input_size, for clients that merge them with L."

    def process(self, image: Tensor, model_input_size: int, checkpoint: str) -> tuple[Tensor, Tensor]:
        """Photos (n, height, width, 3) in colour, and their a and b (n, model_input_size, model_input_size, 3).

        Raises CheckpointError, ValueError for a wrong DDCOLOR_DTYPE, ArithmeticError for numbers that are not finite.
        """
        device, chroma = _network(checkpoint, "auto")
        photos = image[..., :3].float().cpu().contiguous().numpy()
        coloured, pictures = colours.colour(photos, model_input_size, lambda grey: chroma(grey.to(device)).cpu())
        return torch.from_numpy(coloured), torch.from_numpy(pictures)


class LoadGrey:
    """Loads a grey picture, without the copies for colours, animations and transparency that LoadImage makes."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, tuple[Any, ...]]]:
        return {"required": {"image": ("STRING", {"default": ""})}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "load"
    CATEGORY = "DDColor"
    DESCRIPTION = "Loads a picture of ComfyUI's input folder as grey of 8 bits."

    @classmethod
    def VALIDATE_INPUTS(cls, image: str) -> bool | str:
        import folder_paths

        return bool(folder_paths.exists_annotated_filepath(image)) or f"Invalid image file: {image}"

    @classmethod
    def IS_CHANGED(cls, image: str) -> str:
        """Identifies the file's content without reading it: LoadImage reads and hashes it."""
        found = os.stat(_input_path(image))
        return f"{found.st_mtime_ns} {found.st_size} {found.st_ino}"

    def load(self, image: str) -> tuple[Tensor]:
        """An IMAGE (1, height, width, 3), whose three channels are the same memory."""
        with Image.open(_input_path(image)) as picture:
            levels = np.array(picture if picture.mode == "L" else picture.convert("L"))
        return (torch.from_numpy(levels)[None, :, :, None].float().div_(255).expand(-1, -1, -1, 3),)


class DDColorChroma:
    """Computes a and b of stacked photos, and nothing else."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, tuple[Any, ...]]]:
        required = DDColor.INPUT_TYPES()["required"]
        return {"required": {**required, "precision": (list(PRECISIONS), {"default": "auto"})}}

    RETURN_TYPES = ("CHROMA",)
    RETURN_NAMES = ("ab",)
    FUNCTION = "process"
    CATEGORY = "DDColor"
    DESCRIPTION = (
        "Lab's a and b of photos of model_input_size x model_input_size, stacked from top to bottom in one picture. "
        "`precision` is that of the network; auto takes what the GPU is fast in."
    )

    def process(self, image: Tensor, model_input_size: int, checkpoint: str, precision: str) -> tuple[Tensor]:
        """a + 128 and b + 128 as bytes (n, 2, model_input_size, model_input_size) of n photos.

        Raises CheckpointError, ValueError for a picture of another size, ArithmeticError if a or b are not finite.
        """
        photos = stack.unstacked(image, model_input_size)
        device, chroma = _network(checkpoint, precision)
        return (stack.colour(photos, device, chroma),)


class SaveChroma:
    """Saves a and b as one PGM."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, tuple[Any, ...]]]:
        return {"required": {"ab": ("CHROMA",), "filename_prefix": ("STRING", {"default": "ComfyUI"})}}

    RETURN_TYPES = ()
    FUNCTION = "save"
    OUTPUT_NODE = True
    CATEGORY = "DDColor"
    DESCRIPTION = "Saves a + 128 and b + 128 of each photo from top to bottom in one picture of 8 bits (PGM)."

    def save(self, ab: Tensor, filename_prefix: str) -> dict[str, dict[str, list[dict[str, str]]]]:
        """Writes `<prefix>_<number>_.pgm` to ComfyUI's output folder, and reports it as SaveImage does."""
        import folder_paths

        _, _, height, width = ab.shape
        folder, name, number, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix, folder_paths.get_output_directory(), width, height
        )
        file = f"{name}_{number:05}_.pgm"
        header, pixels = stack.pgm(ab)
        with open(os.path.join(folder, file), "wb") as stream:
            stream.write(header)
            stream.write(pixels)
        return {"ui": {"images": [{"filename": file, "subfolder": subfolder, "type": "output"}]}}


def _input_path(image: str) -> str:
    import folder_paths

    path: str = folder_paths.get_annotated_filepath(image)
    return path


def _network(checkpoint: str, wanted: str) -> tuple[torch.device, Callable[[Tensor], Tensor]]:
    """ComfyUI's device, and the network of a checkpoint in a precision: from what it sees to a and b, both there."""
    import comfy.model_management

    device = comfy.model_management.get_torch_device()
    if wanted == "auto":
        wanted = os.environ.get("DDCOLOR_DTYPE", "auto")
    network = model.load(_path(checkpoint), device, wanted)
    return device, lambda grey: model.chroma(network, grey)


def _path(checkpoint: str) -> str:
    folders = _folder_paths()
    path: str | None = folders.get_full_path(_FOLDER, checkpoint)
    if path is None:
        where = " or ".join(folders.get_folder_paths(_FOLDER))
        raise weights.CheckpointError(f"{checkpoint}: expected it in {where}, found no such file")
    return path
