"""ComfyUI node that colours photos with DDColor. Needs upstream's packages `ddcolor` and `basicsr` importable."""

from .node import DDColor, DDColorChroma, LoadGrey, SaveChroma

NODE_CLASS_MAPPINGS = {
    "DDColor": DDColor,
    "DDColorChroma": DDColorChroma,
    "LoadGrey": LoadGrey,
    "SaveChroma": SaveChroma,
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "DDColor": "DDColor",
    "DDColorChroma": "DDColor, a and b only",
    "LoadGrey": "Load a grey picture",
    "SaveChroma": "Save a and b",
}

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
