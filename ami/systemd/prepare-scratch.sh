#!/usr/bin/env bash
# Creates /var/lib/comfy with ComfyUI's folders, on the instance store where there is one. Idempotent.
set -euo pipefail

COMFY="${COMFY:-/var/lib/comfy}"
DISK="${DISK:-/opt/dlami/nvme}"

# setgid, so that files there belong to ComfyUI's group too: the worker removes the files of attempts.
folder() { install -d -m 2770 -o comfy -g comfy "$@"; }

folder "$COMFY"
# The folder exists without an instance store as well.
if mountpoint --quiet "$DISK" && ! mountpoint --quiet "$COMFY"; then
  folder "$DISK/comfy"
  # Mounted and not linked: the units' ReadWritePaths= need a real path.
  mount --bind "$DISK/comfy" "$COMFY"
fi
folder "$COMFY/input" "$COMFY/output" "$COMFY/temp" "$COMFY/user"
