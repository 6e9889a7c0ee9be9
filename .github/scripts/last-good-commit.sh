#!/usr/bin/env bash
# What a stage can go back to: the commit of its environment's last deployment that succeeded, by GitHub's own record, so
# that nothing has to be tagged. Prints `sha=COMMIT`, or `none=REASON`.
#
# Usage: last-good-commit.sh STAGE, in a checkout; gh signed in (GH_TOKEN), GITHUB_REPOSITORY and GITHUB_SHA set.
set -euo pipefail
stage=$1

# A deployment that was followed by another one is inactive by now, but was a success once.
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
  echo "none=no deployment to $stage has succeeded before: there is nothing to go back to"
elif [ "$sha" = "$GITHUB_SHA" ]; then
  echo "none=this very commit has passed on $stage before, so that going back would change nothing: look at image, quota and capacity"
elif ! git cat-file -e "$sha^{commit}" 2>/dev/null; then
  echo "none=commit $sha, which was deployed to $stage before, is no longer in this repository"
else
  echo "sha=$sha"
fi
