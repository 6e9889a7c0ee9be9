#!/usr/bin/env bash
# ComfyUI at its commit. COMFYUI_SOURCE: a checkout on this machine, in place of the net.
source "$(dirname "$0")/lib.sh"
pin COMFYUI_REPOSITORY
pin COMFYUI_COMMIT

if done_before "$COMFYUI" "$COMFYUI_COMMIT"; then
  say "ComfyUI is there, at $COMFYUI_COMMIT"
  exit 0
fi
say "checking out ComfyUI at $COMFYUI_COMMIT"
mkdir -p "$(dirname "$COMFYUI")"
# What was made with the old one: its Python environment; weights are kept, since they have a check of their own.
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
# In place of the web page, which is a package of 60 MB that an instance shows to nobody.
mkdir -p "$COMFYUI/empty-page" "$COMFYUI/models/ddcolor"
echo '<!doctype html><title>ComfyUI</title>' >"$COMFYUI/empty-page/index.html"
mark_done "$COMFYUI" "$COMFYUI_COMMIT"
