#!/usr/bin/env bash
# Units, users and rules of an instance; nothing is started before the next boot.
source "$(dirname "$0")/lib.sh"

say "installing services"
PREFIX="$PREFIX" "$IMAGE/systemd/install.sh"
