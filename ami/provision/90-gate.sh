#!/usr/bin/env bash
# Final check before the image is created: ComfyUI starts, has our node, and colours a test picture twice with one load of the
# model. The colours computed on the CPU are recorded as the canary of the instances. A GPU, if there is one, must give the
# same colours within the worker's tolerance.
source "$(dirname "$0")/lib.sh"

port="${GATE_PORT:-8190}"
worker="${GATE_WORKER:-$WORKER/main.mjs}"
workflow="${GATE_WORKFLOW:-$IMAGE/workflow/ddcolor.json}"
canary="$WORKER/canary.json"
scratch="$(mktemp -d)"
log="$scratch/comfyui.log"
pid=""
end() {
  status=$?
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  [ "$status" -eq 0 ] || { echo "the check failed ($status); end of ComfyUI's log:" >&2; tail -n 40 "$log" >&2 2>/dev/null || true; }
  rm -rf "$scratch"
}
trap end EXIT
mkdir -p "$WORKER" "$scratch"/{input,output,temp,user}

start_comfyui() {
  HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 DO_NOT_TRACK=1 PYTHONUNBUFFERED=1 PYTHONPATH="$DDCOLOR" \
    "$COMFYUI/.venv/bin/python" "$COMFYUI/main.py" "$@" --listen 127.0.0.1 --port "$port" --disable-auto-launch \
    --disable-metadata --disable-all-custom-nodes --whitelist-custom-nodes ddcolor_node --disable-api-nodes \
    --front-end-root "$COMFYUI/empty-page" --input-directory "$scratch/input" --output-directory "$scratch/output" \
    --temp-directory "$scratch/temp" --user-directory "$scratch/user" >"$log" 2>&1 &
  pid=$!
  for _ in $(seq 240); do
    curl --silent --fail --output /dev/null "http://127.0.0.1:$port/system_stats" && return
    kill -0 "$pid" 2>/dev/null || fail "ComfyUI exited"
    sleep 0.5
  done
  fail "ComfyUI did not start within two minutes"
}

stop_comfyui() {
  kill "$pid"
  wait "$pid" 2>/dev/null || true
  pid=""
}

# healthy_log PRECISIONS: how many precisions the model may have been loaded in, each once.
healthy_log() {
  ! grep -E 'IMPORT FAILED|Cannot import|Traceback' "$log" || fail "ComfyUI's log has errors"
  loads="$(grep -c 'DDColor: loaded' "$log")"
  [ "$loads" -ge 1 ] && [ "$loads" -le "$1" ] || fail "the model was loaded $loads times instead of once"
  grep 'DDColor: loaded' "$log"
}

worker() { COMFYUI_URL="http://127.0.0.1:$port" "$TOOLS/bin/node" "$worker" "$@"; }

say "imports"
PYTHONPATH="$DDCOLOR" "$COMFYUI/.venv/bin/python" - <<'PYTHON'
import cv2, kornia, numpy, safetensors, timm, torch, torchaudio, torchvision, transformers
import ddcolor
print(f"torch {torch.__version__}, CUDA {torch.version.cuda}, numpy {numpy.__version__}, OpenCV {cv2.__version__}, timm {timm.__version__}")
PYTHON

say "ComfyUI on the CPU"
start_comfyui --cpu
checkpoint="$(sed -n 's/.*"checkpoint": "\([^"]*\)".*/\1/p' "$workflow" | sort -u)"
for class in DDColor DDColorChroma; do
  info="$(curl --silent --fail "http://127.0.0.1:$port/object_info/$class")"
  case "$info" in
  *"$checkpoint"*) ;;
  *) fail "ComfyUI does not offer $checkpoint: $info" ;;
  esac
done
say "recording the canary"
worker --record-canary "$scratch/canary.json" "$workflow"
say "colouring it again"
worker --check-canary "$scratch/canary.json" "$workflow"
healthy_log 1
stop_comfyui

if command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; then
  say "ComfyUI on $(nvidia-smi -L | head -n 1)"
  start_comfyui
  worker --check-canary "$scratch/canary.json" "$workflow"
  # Float32 too where the colours of the first one are wrong.
  healthy_log 2
  stop_comfyui
else
  say "no GPU: the colours on CUDA are checked by the candidate instance that is launched before the image is used"
fi
install -m 644 "$scratch/canary.json" "$canary"
say "passed: $canary"
