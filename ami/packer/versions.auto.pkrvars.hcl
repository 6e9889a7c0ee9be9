# Pinned sources of the image from outside of this repository; docs/image.md#raise-a-pin explains how to update them.
# Python packages, uv and Node are pinned with hashes in ami/provision/*.lock.

comfyui_repository = "https://github.com/Comfy-Org/ComfyUI.git"
comfyui_version    = "0.3.64"
comfyui_commit     = "a125cd84b054a57729b5eecab930ca9408719832"

ddcolor_repository = "https://github.com/piddnad/DDColor.git"
ddcolor_commit     = "2adb63f2656ac41cbdf7b894cddd94121a3faf13"

weights_url    = "https://huggingface.co/piddnad/DDColor-models/resolve/e9e7b527709c8aeb2f5e1bf701e72fd468a13baa/ddcolor_modelscope.pth"
weights_file   = "ddcolor_modelscope.pth"
weights_sha256 = "17c460d7e55b32a598370621d77173be59e03c24b0823f06821db23a50c263ce"
weights_bytes  = "911950059"
