#!/usr/bin/env bash
# Finds the commit for a rollback of a stage: that of the last successful deployment of its GitHub environment.
# Prints `sha=COMMIT`, or `none=REASON`.
#
# Usage: last-good-commit.sh STAGE, in a checkout; gh signed in (GH_TOKEN), GITHUB_REPOSITORY and GITHUB_SHA set.
set -euo pipefail
stage=$1

# A deployment becomes inactive once another one follows; its statuses still include `success`.
succeeded='any(.[]; .state == "success")'
deployments=$(gh api "repos/$GITHUB_REPOSITORY/deployments?environment=$stage&per_page=100" \
  --jq 'sort_by(.id) | reverse | .[] | "\(.id) \(.sha)"')

sha=
while read -r id commit; do
  [ -n "$id" ] || continue
  if [ "$(gh api "repos/$GITHUB_REPOSITORY/deployments/$id/statuses?per_page=100" --jq "$succeeded" </dev/null)" = true ]; then
    sha=$commit
    break
  fi
done <<<"$deployments"

if [ -z "$sha" ]; then
  echo "none=no earlier deployment to $stage has succeeded"
elif [ "$sha" = "$GITHUB_SHA" ]; then
  echo "none=the last successful deployment to $stage is of this commit: check image, quota and capacity"
elif ! git cat-file -e "$sha^{commit}" 2>/dev/null; then
  echo "none=commit $sha of the last successful deployment to $stage is not in this repository"
else
  echo "sha=$sha"
fi
