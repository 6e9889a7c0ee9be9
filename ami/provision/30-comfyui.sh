#!/usr/bin/env bash
# Checks out ComfyUI at the pinned commit. COMFYUI_SOURCE: a local checkout to use instead of the network.
source "$(dirname "$0")/lib.sh"
pin COMFYUI_REPOSITORY
pin COMFYUI_COMMIT

if done_before "$COMFYUI" "$COMFYUI_COMMIT"; then
  say "ComfyUI is installed, at $COMFYUI_COMMIT"
  exit 0
fi
say "checking out ComfyUI at $COMFYUI_COMMIT"
mkdir -p "$(dirname "$COMFYUI")"
# The old Python environment is removed; the weights are kept, since their step checks them.
kept=""
if [ -d "$COMFYUI/models/ddcolor" ]; then
  kept="$(mktemp -d "$COMFYUI.models.XXXXXX")"
  mv "$COMFYUI/models/ddcolor" "$kept/"
fi
checkout "$COMFYUI_REPOSITORY" "$COMFYUI_COMMIT" "${COMFYUI_SOURCE:-}" "$COMFYUI"
if [ -n "$kept" ]; then
  mv "$kept/ddcolor" "$COMFYUI/models/"
  rmdir "$kept"
fi
# An empty page instead of the web frontend, a package of 60 MB that no instance uses.
mkdir -p "$COMFYUI/empty-page" "$COMFYUI/models/ddcolor"
echo '<!doctype html><title>ComfyUI</title>' >"$COMFYUI/empty-page/index.html"
mark_done "$COMFYUI" "$COMFYUI_COMMIT"
