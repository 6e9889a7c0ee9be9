#!/usr/bin/env bash
# /var/lib/comfy with ComfyUI's folders, on the instance's disk where there is one. Can be repeated.
set -euo pipefail

COMFY="${COMFY:-/var/lib/comfy}"
DISK="${DISK:-/opt/dlami/nvme}"

# Of ComfyUI's group, for files made there too: the worker removes what attempts leave.
folder() { install -d -m 2770 -o comfy -g comfy "$@"; }

folder "$COMFY"
# The folder is there without a disk as well.
if mountpoint --quiet "$DISK" && ! mountpoint --quiet "$COMFY"; then
  folder "$DISK/comfy"
  # Mounted and not linked: the units name one path, which is a real one.
  mount --bind "$DISK/comfy" "$COMFY"
fi
folder "$COMFY/input" "$COMFY/output" "$COMFY/temp" "$COMFY/user"
