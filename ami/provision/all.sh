#!/usr/bin/env bash
# Runs all steps in order; with PREFIX set, without those that change the system itself.
source "$(dirname "$0")/lib.sh"

steps=(20-tools 30-comfyui 40-python 50-ddcolor 60-weights 70-worker)
[ -n "$PREFIX" ] || steps=(10-system "${steps[@]}" 75-log-agent 80-services 90-gate)
for step in "${steps[@]}"; do
  started=$SECONDS
  "$PROVISION/$step.sh"
  say "$step took $((SECONDS - started)) s"
done
