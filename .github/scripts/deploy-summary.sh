#!/usr/bin/env bash
# Writes one line about a deploy to the run's summary, and as an error unless deploy and smoke test succeeded.
#
# STAGE; DEPLOY, SMOKE, BACK, AGAIN: outcomes of the steps as GitHub names them; SHA or NONE: from last-good-commit.sh.
set -euo pipefail

rolled_back="**$STAGE** failed its smoke test and was rolled back to $SHA"
case "$DEPLOY $SMOKE $BACK $AGAIN" in
  *cancelled*) message="**$STAGE**: the run was cancelled. Compare the stage (npm run diff -- --stage $STAGE), and deploy again." ;;
  "success success"*) message= ;;
  "success failure success success") message="$rolled_back, which passes. Fix or revert the commit: the next deploy includes it again." ;;
  "success failure success failure") message="$rolled_back, which fails too, so the commit is probably not the cause. Check image, quota, capacity and the smoke role." ;;
  "success failure success"*) message="$rolled_back, which was not tested: the smoke role could not be assumed." ;;
  "success failure"*)
    if [ -n "$SHA" ]; then
      message="**$STAGE** failed its smoke test, and the rollback to $SHA failed: see the step Roll back."
    else
      message="**$STAGE** failed its smoke test and was not rolled back: ${NONE:-the commit for a rollback could not be found}."
    fi
    ;;
  "success"*) message="**$STAGE** was deployed and not tested: the smoke role could not be assumed. It was not rolled back." ;;
  "failure"*) message="**$STAGE**: the deploy failed, and CloudFormation rolls its changes back." ;;
  *) message="**$STAGE** was not deployed: an earlier step failed, or a variable of the environment is missing." ;;
esac

if [ -z "$message" ]; then
  echo "**$STAGE** is deployed and passed its smoke test." >>"$GITHUB_STEP_SUMMARY"
else
  echo "$message" >>"$GITHUB_STEP_SUMMARY"
  echo "::error::${message//\*/}"
fi
