#!/usr/bin/env bash
# Installs ComfyUI's Python environment, each package checked by its hash.
source "$(dirname "$0")/lib.sh"

lock="$PROVISION/comfyui.lock"
venv="$COMFYUI/.venv"
wanted="$(sha256sum <"$lock") $("$PYTHON" -c 'import sys; print(*sys.version_info[:2], sep=".")')"
if done_before "$venv" "$wanted"; then
  say "Python packages are installed"
  exit 0
fi
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "ComfyUI's PyTorch needs Python 3.11 or newer: $PYTHON is $("$PYTHON" --version)"
say "installing Python packages (PyTorch with CUDA: downloads 3 GB the first time)"
"$TOOLS/bin/uv" venv --quiet --clear --python "$(command -v "$PYTHON")" "$venv"
# Bytecode is compiled now, since ComfyUI's user cannot write here, and it shortens the first start of an instance.
VIRTUAL_ENV="$venv" "$TOOLS/bin/uv" pip sync --quiet --require-hashes --compile-bytecode "$lock"
mark_done "$venv" "$wanted"
