#!/usr/bin/env bash
# Starts the CloudWatch agent with the log group and the stage of this instance, which its tags name. Idempotent.
set -euo pipefail

METADATA="${METADATA:-http://169.254.169.254}"
AGENT="${AGENT:-/opt/aws/amazon-cloudwatch-agent}"
TEMPLATE="${TEMPLATE:-/etc/cloudwatch-agent.json}"
OUTPUT="${OUTPUT:-/run/cloudwatch-agent.json}"

# Tags can appear minutes after the instance.
tag() {
  local token
  for _ in $(seq "${ATTEMPTS:-120}"); do
    token="$(curl --silent --fail --max-time 2 --request PUT "$METADATA/latest/api/token" \
      --header 'X-aws-ec2-metadata-token-ttl-seconds: 60')" &&
      curl --silent --fail --max-time 2 --header "X-aws-ec2-metadata-token: $token" \
        "$METADATA/latest/meta-data/tags/instance/$1" && return
    sleep 2
  done
  echo "start-log-agent: the instance has no tag '$1'" >&2
  return 1
}

group="$(tag ddcolor-elastic:log-group)"
stage="$(tag ddcolor-elastic:stage)"
# Both become text in JSON and in a program of sed.
for value in "$group" "$stage"; do
  [[ "$value" =~ ^[A-Za-z0-9/_.-]+$ ]] || {
    echo "start-log-agent: the tag '$value' has other characters than letters, digits and /_.-" >&2
    exit 1
  }
done
sed -e "s|\"LOG_GROUP\"|\"$group\"|" -e "s|\"STAGE\"|\"$stage\"|" "$TEMPLATE" >"$OUTPUT"
"$AGENT/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -c "file:$OUTPUT" -s
