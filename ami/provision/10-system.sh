#!/usr/bin/env bash
# Installs system packages and disables automatic updates.
source "$(dirname "$0")/lib.sh"
[ -z "$PREFIX" ] || fail "changes the system and cannot run in a prefix"

# An automatic update of the driver or the kernel makes the GPU of a running instance unusable.
say "disabling automatic updates"
for unit in apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service; do
  systemctl stop "$unit" 2>/dev/null || true
  systemctl mask --quiet "$unit"
done

missing=()
# libglib2: OpenCV. polkitd: the worker restarts ComfyUI through it.
for package in ca-certificates curl git libglib2.0-0t64 polkitd python3-venv; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  say "packages are installed"
else
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # cloud-init may still hold the apt lock when Packer connects.
  apt-get -o DPkg::Lock::Timeout=300 update -qq
  apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}"
fi
