"""ComfyUI node that colours photos with DDColor. Needs upstream's packages `ddcolor` and `basicsr` importable."""

from .node import DDColor

NODE_CLASS_MAPPINGS = {"DDColor": DDColor}
NODE_DISPLAY_NAME_MAPPINGS = {"DDColor": "DDColor"}

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
