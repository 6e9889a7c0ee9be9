#!/usr/bin/env bash
# bare-root.sh FOLDER PUBLIC-KEY: makes a bare Debian in FOLDER and boots its systemd, with SSH on 127.0.0.1:2222 for the user
# `ubuntu`, for `npm run test:full -- packer-build`. Runs until it is killed. Needs Linux, root and debootstrap.
#
# - It shares the network of this machine and nothing else: mounts, processes, cgroups and names are its own.
# - Debian 13 names its packages as Ubuntu 24.04 does, on which AWS's base image is built.
set -euo pipefail

if [ "${1:-}" != --boot ]; then
  root="$(realpath -m "$1")"
  key="$(cat "$2")"
  if [ ! -x "$root/usr/sbin/sshd" ]; then
    debootstrap --variant=minbase --include=openssh-server,sudo,systemd,systemd-sysv,dbus,ca-certificates,python3 trixie "$root"
    # Not debootstrap, which does not resolve the virtual packages that it depends on.
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -qq --no-install-recommends cloud-init
    # There is no cloud to ask.
    touch "$root/etc/cloud/cloud-init.disabled"
    chroot "$root" useradd --create-home --shell /bin/bash ubuntu
    echo 'ubuntu ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ubuntu"
    # Keys where the bake's last step, which empties home folders, leaves them: the build runs twice.
    printf 'Port 2222\nListenAddress 127.0.0.1\nAuthorizedKeysFile /etc/ssh/keys/%%u\n' >"$root/etc/ssh/sshd_config.d/bare.conf"
    # That step deletes the host's keys too.
    mkdir -p "$root/etc/systemd/system/ssh.service.d" "$root/etc/ssh/keys"
    printf '[Service]\nExecStartPre=\nExecStartPre=/usr/bin/ssh-keygen -A\n' >"$root/etc/systemd/system/ssh.service.d/keys.conf"
  fi
  echo "$key" >"$root/etc/ssh/keys/ubuntu"
  # AWS's base image has the CloudWatch agent, which no registry has: a program that does nothing in its place.
  install -D -m 755 "$root/bin/true" "$root/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
  # CA certificates of this machine, where a proxy has its own.
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$root" update-ca-certificates >/dev/null
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
    [ ! -f "$file" ] || cp --dereference "$file" "$root/etc/"
  done
  # A cgroup of its own to be the root of.
  cgroups="$(mktemp -d)"
  mount -t cgroup2 none "$cgroups"
  mkdir -p "$cgroups/bare-root"
  echo $$ >"$cgroups/bare-root/cgroup.procs"
  umount "$cgroups"
  rmdir "$cgroups"
  exec unshare --mount --pid --fork --uts --ipc --cgroup --kill-child "$0" --boot "$root"
fi

root="$2"
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -p "$root/dev/pts" "$root/dev/shm" "$root/old"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for k in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${k%%:*}" "$root/dev/${k##*:}"; done
cd "$root"
pivot_root . old
umount --lazy /old
export container=bare-root
exec /lib/systemd/systemd --log-target=console --show-status=no
