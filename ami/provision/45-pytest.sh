#!/usr/bin/env bash
# pytest, for the tests of our node on a developer's machine: beside ComfyUI's environment, which stays as it is.
source "$(dirname "$0")/lib.sh"
[ -n "$PREFIX" ] || fail "for a prefix only: no image has it"

folder="$PREFIX/opt/pytest"
lock="$PROVISION/test.lock"
wanted="$(sha256sum <"$lock")"
if done_before "$folder" "$wanted"; then
  say "pytest is there"
  exit 0
fi
say "installing pytest"
rm -rf "$folder"
"$TOOLS/bin/uv" pip install --quiet --python "$COMFYUI/.venv/bin/python" --require-hashes --target "$folder" -r "$lock"
mark_done "$folder" "$wanted"
