#!/usr/bin/env bash
# Installs DDColor's package and our ComfyUI node. DDCOLOR_SOURCE: a local checkout to use instead of the network.
source "$(dirname "$0")/lib.sh"
pin DDCOLOR_REPOSITORY
pin DDCOLOR_COMMIT

if done_before "$DDCOLOR" "$DDCOLOR_COMMIT"; then
  say "DDColor is installed, at $DDCOLOR_COMMIT"
else
  say "checking out DDColor at $DDCOLOR_COMMIT"
  mkdir -p "$(dirname "$DDCOLOR")"
  checkout "$DDCOLOR_REPOSITORY" "$DDCOLOR_COMMIT" "${DDCOLOR_SOURCE:-}" "$DDCOLOR"
  mark_done "$DDCOLOR" "$DDCOLOR_COMMIT"
fi

node="$COMFYUI/custom_nodes/ddcolor_node"
same() { diff -qr -x __pycache__ "$IMAGE/comfyui/ddcolor_node" "$node" >/dev/null 2>&1; }
if same; then
  say "our node is installed"
else
  say "installing our node"
  rm -rf "$node"
  cp -r "$IMAGE/comfyui/ddcolor_node" "$node"
  find "$node" -name __pycache__ -prune -exec rm -rf {} +
fi
