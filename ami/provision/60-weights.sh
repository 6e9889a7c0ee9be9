#!/usr/bin/env bash
# Installs DDColor's weights, checked by size and hash, with a .sha256 file that our node requires.
# WEIGHTS_SOURCE: a local file to use instead of the network.
# RANDOM_WEIGHTS: seed of random weights, for tests without the real ones; the colours are meaningless.
source "$(dirname "$0")/lib.sh"
pin WEIGHTS_URL
pin WEIGHTS_FILE
pin WEIGHTS_SHA256
pin WEIGHTS_BYTES

folder="$COMFYUI/models/ddcolor"
file="$folder/$WEIGHTS_FILE"
[ -z "${RANDOM_WEIGHTS:-}" ] || [ -n "$PREFIX" ] || fail "RANDOM_WEIGHTS are allowed in a prefix only: images must not have them"
mkdir -p "$folder"

if [ -n "${RANDOM_WEIGHTS:-}" ]; then
  if done_before "$folder" "random $RANDOM_WEIGHTS"; then
    say "random weights are installed"
    exit 0
  fi
  say "creating random weights: the colours will be meaningless"
  PYTHONPATH="$DDCOLOR" "$COMFYUI/.venv/bin/python" "$IMAGE/comfyui/random_weights.py" large "$RANDOM_WEIGHTS" "$file"
  mark_done "$folder" "random $RANDOM_WEIGHTS"
  exit 0
fi

# Hashes the whole file each time, which takes seconds.
is_valid() {
  [ "$(stat -c %s "$1")" = "$WEIGHTS_BYTES" ] || return 1
  [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$WEIGHTS_SHA256" ]
}
if [ -f "$file" ] && is_valid "$file"; then
  say "weights are installed"
else
  if [ -n "${WEIGHTS_SOURCE:-}" ]; then
    say "copying weights from $WEIGHTS_SOURCE"
    cp "$WEIGHTS_SOURCE" "$file.part"
  else
    say "downloading weights ($((WEIGHTS_BYTES / 1000000)) MB)"
    curl --fail --location --silent --show-error --retry 5 --retry-all-errors --output "$file.part" "$WEIGHTS_URL" ||
      fail "cannot download $WEIGHTS_URL: without a network, set WEIGHTS_SOURCE to a file or RANDOM_WEIGHTS to a seed"
  fi
  if ! is_valid "$file.part"; then
    found="$(stat -c %s "$file.part") bytes, sha256 $(sha256sum <"$file.part" | cut -d' ' -f1)"
    rm -f "$file.part"
    fail "${WEIGHTS_SOURCE:-$WEIGHTS_URL} has $found; expected $WEIGHTS_BYTES bytes, sha256 $WEIGHTS_SHA256"
  fi
  chmod 444 "$file.part"
  mv -f "$file.part" "$file"
fi
echo "$WEIGHTS_SHA256  $WEIGHTS_FILE" | cmp -s - "$file.sha256" || echo "$WEIGHTS_SHA256  $WEIGHTS_FILE" >"$file.sha256"
mark_done "$folder" "$WEIGHTS_SHA256"
