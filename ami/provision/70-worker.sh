#!/usr/bin/env bash
# The worker: WORKER_ARCHIVE, a tarball with main.mjs, image-process.mjs, image-watchdog.mjs, lcms.wasm, node_modules with sharp, and the workflows.
source "$(dirname "$0")/lib.sh"

if [ -z "${WORKER_ARCHIVE:-}" ]; then
  [ -n "$PREFIX" ] || fail "WORKER_ARCHIVE is not set: 'npx ddcolor-elastic image bake' makes it"
  say "no WORKER_ARCHIVE: with a prefix the worker runs from the checkout"
  exit 0
fi
wanted="$(sha256sum <"$WORKER_ARCHIVE")"
if done_before "$WORKER" "$wanted"; then
  say "the worker is installed"
else
  say "installing the worker"
  rm -rf "$WORKER"
  mkdir -p "$WORKER"
  tar -C "$WORKER" -xzf "$WORKER_ARCHIVE" --no-same-owner
  [ -f "$WORKER/main.mjs" ] || fail "$WORKER_ARCHIVE has no main.mjs"
  # sharp's native library must be the one for this system.
  (cd "$WORKER" && "$TOOLS/bin/node" -e 'import("sharp").then(({ default: sharp }) => sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } }).png().toBuffer())') ||
    fail "sharp does not run here"
  mark_done "$WORKER" "$wanted"
fi
