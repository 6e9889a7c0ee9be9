# shellcheck shell=bash
# Functions of all steps. A step can run alone: `PREFIX=/some/folder ./30-comfyui.sh`; without a prefix it changes this machine.
#
# Steps are idempotent: what is installed in the wanted version is not changed.

set -euo pipefail

PROVISION="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# The folder with agent/, comfyui/, systemd/ and workflow/.
IMAGE="$(dirname "$PROVISION")"
PREFIX="${PREFIX:-}"
# Base of the virtual environments of ComfyUI and of the tools.
PYTHON="${PYTHON:-python3}"

COMFYUI="$PREFIX/opt/comfyui"
DDCOLOR="$PREFIX/opt/ddcolor"
TOOLS="$PREFIX/opt/tools"
WORKER="$PREFIX/opt/worker"
# Read by the steps that source this file.
export COMFYUI DDCOLOR TOOLS WORKER PYTHON IMAGE

# Reports a step that was interrupted.
trap 'report_failure $?' EXIT
report_failure() { [ "$1" -eq 0 ] || echo "$(basename "$0") failed ($1)" >&2; }

say() { echo "== $(basename "$0"): $*"; }

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# pin NAME: sets NAME from the environment, or from the file that Packer takes its variables from.
pin() {
  local name="$1" file="$IMAGE/packer/versions.auto.pkrvars.hcl" key value
  [ -z "${!name:-}" ] || return 0
  key="$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')"
  [ -f "$file" ] || fail "$name is not set, and $file does not exist"
  value="$(sed -n "s/^$key *= *\"\(.*\)\"\$/\1/p" "$file")"
  [ -n "$value" ] || fail "$name is not set, and $file has no $key"
  printf -v "$name" '%s' "$value"
}

# done_before FOLDER VERSION: whether a step has installed this version.
done_before() { [ -f "$1/.provisioned" ] && [ "$(cat "$1/.provisioned")" = "$2" ]; }
mark_done() { done_before "$1" "$2" || printf '%s' "$2" >"$1/.provisioned"; }

# checkout REPOSITORY COMMIT SOURCE FOLDER: writes the tree of a commit without its history.
# SOURCE is a local checkout of that commit to use instead of the network; only for a prefix may it have local changes.
checkout() {
  local repository="$1" commit="$2" source="$3" folder="$4" fresh changes
  fresh="$(mktemp -d "$folder.XXXXXX")"
  if [ -n "$source" ]; then
    [ "$(git -C "$source" rev-parse HEAD)" = "$commit" ] || fail "$source is not at $commit"
    changes="$(git -C "$source" status --porcelain --untracked-files=no)"
    if [ -n "$changes" ]; then
      [ -n "$PREFIX" ] || fail "$source differs from its commit: $changes"
      say "NOTE: $source differs from its commit:"
      echo "$changes" | head -n 10
    fi
    # Files that are in the index but not in the folder are ignored here; they are among the changes above.
    git -C "$source" ls-files -z |
      tar -C "$source" --null --files-from - --ignore-failed-read --warning=no-failed-read --create 2>/dev/null |
      tar -C "$fresh" --extract || [ -n "$changes" ] || fail "cannot copy $source"
  else
    git init --quiet "$fresh"
    git -C "$fresh" fetch --quiet --depth 1 "$repository" "$commit" ||
      fail "cannot fetch $commit of $repository: without a network, set the source to a local checkout"
    git -C "$fresh" -c advice.detachedHead=false checkout --quiet FETCH_HEAD
    [ "$(git -C "$fresh" rev-parse HEAD)" = "$commit" ] || fail "$repository returned a commit other than $commit"
  fi
  rm -rf "$fresh/.git" "$folder"
  chmod 755 "$fresh"
  mv "$fresh" "$folder"
}
