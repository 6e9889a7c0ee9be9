#!/usr/bin/env bash
# One line on how a deploy ended, into the run's summary; as an error unless all is well.
#
# STAGE; DEPLOY, SMOKE, BACK, AGAIN: outcomes of the steps as GitHub names them; SHA or NONE: of last-good-commit.sh.
set -euo pipefail

came_back="**$STAGE** did not pass its smoke test. It was rolled back to $SHA"
case "$DEPLOY $SMOKE $BACK $AGAIN" in
  *cancelled*) said="**$STAGE**: cancelled on the way. See what the stage has (npm run diff -- --stage $STAGE), and deploy again." ;;
  "success success"*) said= ;;
  "success failure success success") said="$came_back, which passes. Mend or revert the commit: the next deploy brings it again." ;;
  "success failure success failure") said="$came_back, which does not pass either: the commit is hardly to blame. Look at image, quota, capacity and the smoke role." ;;
  "success failure success"*) said="$came_back, which was not tested: the smoke role could not be taken." ;;
  "success failure"*)
    if [ -n "$SHA" ]; then
      said="**$STAGE** did not pass its smoke test, and the roll-back to $SHA failed: see the step of that name."
    else
      said="**$STAGE** did not pass its smoke test, and was left as it is: ${NONE:-what to go back to could not be found out}."
    fi
    ;;
  "success"*) said="**$STAGE** was deployed and not tested: the smoke role could not be taken. Nothing was rolled back." ;;
  "failure"*) said="**$STAGE**: the deploy failed, and CloudFormation takes back what it had changed. Nothing else was rolled back." ;;
  *) said="**$STAGE** was not deployed: a step before that failed, or a variable of the environment is missing." ;;
esac

if [ -z "$said" ]; then
  echo "**$STAGE** is deployed, and has coloured its photo." >>"$GITHUB_STEP_SUMMARY"
else
  echo "$said" >>"$GITHUB_STEP_SUMMARY"
  echo "::error::${said//\*/}"
fi
