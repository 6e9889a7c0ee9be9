#!/usr/bin/env bash
# Installs the units, users and rules of this folder and enables them for the next boot; starts nothing.
# PREFIX=/some/folder installs below that folder, which needs no privileges.
set -euo pipefail

PREFIX="${PREFIX:-}"
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# Enabled; the others are started by these.
UNITS=(scratch.service comfyui.service image-process.socket photo-worker.service journal-lines.service log-agent.service)
STARTED=(image-process@.service image-process.slice)

put() { install -D -m "${3:-644}" "$HERE/$1" "$PREFIX$2"; }

for unit in "${UNITS[@]}" "${STARTED[@]}"; do
  put "$unit" "/etc/systemd/system/$unit"
done
put ../agent/start-log-agent.sh /usr/local/sbin/start-log-agent 755
put ../agent/cloudwatch-agent.json /etc/cloudwatch-agent.json
put prepare-scratch.sh /usr/local/sbin/prepare-scratch 755
put photo-worker.env /etc/photo-worker.env
put comfyui.env /etc/comfyui.env
put journald.conf /etc/systemd/journald.conf.d/ddcolor-elastic.conf
put sysusers.conf /etc/sysusers.d/ddcolor-elastic.conf
put tmpfiles.conf /etc/tmpfiles.d/ddcolor-elastic.conf
put comfyui-restart.rules /etc/polkit-1/rules.d/50-comfyui-restart.rules

if [ -z "$PREFIX" ]; then
  systemd-sysusers /etc/sysusers.d/ddcolor-elastic.conf
  systemd-tmpfiles --create /etc/tmpfiles.d/ddcolor-elastic.conf
  systemctl daemon-reload
  systemctl enable --quiet "${UNITS[@]}"
  # systemd breaks an ordering cycle by dropping a unit, and only the journal reports it. Whether there is one depends on the
  # other units of the image.
  cycles="$(systemd-analyze verify --man=no multi-user.target 2>&1 |
    grep -E '(cycle|dependency) on (scratch|comfyui|photo-worker|image-process|journal-lines|log-agent)\.' || true)"
  if [ -n "$cycles" ]; then
    echo "install.sh: $cycles" >&2
    exit 1
  fi
fi
