#!/usr/bin/env bash
# Installs the units, users and rules of an instance; the units start at the next boot.
source "$(dirname "$0")/lib.sh"

say "installing services"
PREFIX="$PREFIX" "$IMAGE/systemd/install.sh"
