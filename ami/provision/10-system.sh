#!/usr/bin/env bash
# Packages of the system, and nothing that changes them later.
source "$(dirname "$0")/lib.sh"
[ -z "$PREFIX" ] || fail "changes the machine itself: not into a prefix"

# The driver and its kernel belong together: an update of one of them while an instance runs takes its GPU away.
say "no updates behind our back"
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
  say "packages are there"
else
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # cloud-init may still hold apt when Packer comes in.
  apt-get -o DPkg::Lock::Timeout=300 update -qq
  apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}"
fi
