#!/usr/bin/env bash
# DDColor's own package, and our node for ComfyUI over it. DDCOLOR_SOURCE: a checkout on this machine, in place of the net.
source "$(dirname "$0")/lib.sh"
pin DDCOLOR_REPOSITORY
pin DDCOLOR_COMMIT

if done_before "$DDCOLOR" "$DDCOLOR_COMMIT"; then
  say "DDColor is there, at $DDCOLOR_COMMIT"
else
  say "checking out DDColor at $DDCOLOR_COMMIT"
  mkdir -p "$(dirname "$DDCOLOR")"
  checkout "$DDCOLOR_REPOSITORY" "$DDCOLOR_COMMIT" "${DDCOLOR_SOURCE:-}" "$DDCOLOR"
  mark_done "$DDCOLOR" "$DDCOLOR_COMMIT"
fi

node="$COMFYUI/custom_nodes/ddcolor_node"
same() { diff -qr -x __pycache__ "$IMAGE/comfyui/ddcolor_node" "$node" >/dev/null 2>&1; }
if same; then
  say "our node is there"
else
  say "installing our node"
  rm -rf "$node"
  cp -r "$IMAGE/comfyui/ddcolor_node" "$node"
  find "$node" -name __pycache__ -prune -exec rm -rf {} +
fi
