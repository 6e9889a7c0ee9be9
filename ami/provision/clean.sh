#!/usr/bin/env bash
# Last step before the image is created: removes keys, logs and identity of the build instance.
source "$(dirname "$0")/lib.sh"
[ -z "$PREFIX" ] || fail "cleans the system and cannot run in a prefix"

systemctl stop photo-worker.service comfyui.service 2>/dev/null || true
rm -rf /var/lib/comfy/{input,output,temp}/* /tmp/image
apt-get clean
rm -rf /var/lib/apt/lists/*
# Each instance creates its own.
rm -f /etc/ssh/ssh_host_*
for home in ~root /home/*; do
  rm -rf "$home/.cache" "$home/.ssh/authorized_keys" "$home/.bash_history"
done
truncate --size 0 /etc/machine-id
cloud-init clean --logs --seed
journalctl --rotate --vacuum-time=1s --quiet
find /var/log -type f -name '*.log' -exec truncate --size 0 {} +
sync
