#!/usr/bin/env bash
# DDColor's weights, checked by size and hash, with the hash beside them, which our node wants to see.
# WEIGHTS_SOURCE: the file on this machine, in place of the net.
# RANDOM_WEIGHTS: a seed; colours that mean nothing, to run everything where the weights cannot be had.
source "$(dirname "$0")/lib.sh"
pin WEIGHTS_URL
pin WEIGHTS_FILE
pin WEIGHTS_SHA256
pin WEIGHTS_BYTES

folder="$COMFYUI/models/ddcolor"
file="$folder/$WEIGHTS_FILE"
[ -z "${RANDOM_WEIGHTS:-}" ] || [ -n "$PREFIX" ] || fail "RANDOM_WEIGHTS are for a prefix: no image has them"
mkdir -p "$folder"

if [ -n "${RANDOM_WEIGHTS:-}" ]; then
  if done_before "$folder" "random $RANDOM_WEIGHTS"; then
    say "random weights are there"
    exit 0
  fi
  say "making random weights: colours will mean nothing"
  PYTHONPATH="$DDCOLOR" "$COMFYUI/.venv/bin/python" "$IMAGE/comfyui/random_weights.py" large "$RANDOM_WEIGHTS" "$file"
  mark_done "$folder" "random $RANDOM_WEIGHTS"
  exit 0
fi

# Of the whole file each time: it takes seconds, and what an image holds is not believed.
right() {
  [ "$(stat -c %s "$1")" = "$WEIGHTS_BYTES" ] || return 1
  [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$WEIGHTS_SHA256" ]
}
if [ -f "$file" ] && right "$file"; then
  say "weights are there"
else
  if [ -n "${WEIGHTS_SOURCE:-}" ]; then
    say "copying weights from $WEIGHTS_SOURCE"
    cp "$WEIGHTS_SOURCE" "$file.part"
  else
    say "fetching weights ($((WEIGHTS_BYTES / 1000000)) MB)"
    curl --fail --location --silent --show-error --retry 5 --retry-all-errors --output "$file.part" "$WEIGHTS_URL" ||
      fail "cannot fetch $WEIGHTS_URL: without the net, WEIGHTS_SOURCE names the file, or RANDOM_WEIGHTS a seed"
  fi
  if ! right "$file.part"; then
    found="$(stat -c %s "$file.part") bytes, sha256 $(sha256sum <"$file.part" | cut -d' ' -f1)"
    rm -f "$file.part"
    fail "${WEIGHTS_SOURCE:-$WEIGHTS_URL} has $found; expected $WEIGHTS_BYTES bytes, sha256 $WEIGHTS_SHA256"
  fi
  chmod 444 "$file.part"
  mv -f "$file.part" "$file"
fi
echo "$WEIGHTS_SHA256  $WEIGHTS_FILE" | cmp -s - "$file.sha256" || echo "$WEIGHTS_SHA256  $WEIGHTS_FILE" >"$file.sha256"
mark_done "$folder" "$WEIGHTS_SHA256"
