"""The node. ComfyUI's modules are imported when ComfyUI calls, so that the other code works without it."""

import os
from typing import Any

import torch
from torch import Tensor

from . import colours, model, weights

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
        import comfy.model_management

        device = comfy.model_management.get_torch_device()
        dtype = model.precision(os.environ.get("DDCOLOR_DTYPE", "auto"), device)
        network = model.load(_path(checkpoint), device)
        photos = image[..., :3].float().cpu().contiguous().numpy()
        coloured, pictures = colours.colour(
            photos, model_input_size, lambda grey: model.chroma(network, grey, device, dtype)
        )
        return torch.from_numpy(coloured), torch.from_numpy(pictures)


def _path(checkpoint: str) -> str:
    folders = _folder_paths()
    path: str | None = folders.get_full_path(_FOLDER, checkpoint)
    if path is None:
        where = " or ".join(folders.get_folder_paths(_FOLDER))
        raise weights.CheckpointError(f"{checkpoint}: expected it in {where}, found no such file")
    return path
