#!/usr/bin/env bash
# Installs pytest for the tests of our node on a developer's machine, outside of ComfyUI's environment.
source "$(dirname "$0")/lib.sh"
[ -n "$PREFIX" ] || fail "runs in a prefix only: images have no pytest"

folder="$PREFIX/opt/pytest"
lock="$PROVISION/test.lock"
wanted="$(sha256sum <"$lock")"
if done_before "$folder" "$wanted"; then
  say "pytest is installed"
  exit 0
fi
say "installing pytest"
rm -rf "$folder"
"$TOOLS/bin/uv" pip install --quiet --python "$COMFYUI/.venv/bin/python" --require-hashes --target "$folder" -r "$lock"
mark_done "$folder" "$wanted"
