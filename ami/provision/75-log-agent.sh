#!/usr/bin/env bash
# The CloudWatch agent. AWS's Deep Learning images have it; elsewhere it is installed from AWS's bucket, checked by AWS's key.
# LOG_AGENT_PACKAGE: a local .deb to use instead of the network, which is not checked.
source "$(dirname "$0")/lib.sh"
[ -z "$PREFIX" ] || fail "changes the system and cannot run in a prefix"

control=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl
bucket=https://amazoncloudwatch-agent.s3.amazonaws.com
# Of AWS's documentation: "Verify the signature of the CloudWatch agent package".
fingerprint=937616F3450B7D806CBD9725D58167303B789C72

if [ -x "$control" ]; then
  say "the CloudWatch agent is installed"
else
  say "installing the CloudWatch agent"
  folder="$(mktemp -d)"
  package="${LOG_AGENT_PACKAGE:-}"
  if [ -z "$package" ]; then
    package="$folder/agent.deb"
    curl --silent --show-error --fail --location --output "$package" "$bucket/ubuntu/amd64/latest/amazon-cloudwatch-agent.deb"
    curl --silent --show-error --fail --location --output "$package.sig" "$bucket/ubuntu/amd64/latest/amazon-cloudwatch-agent.deb.sig"
    curl --silent --show-error --fail --location --output "$folder/key" "$bucket/assets/amazon-cloudwatch-agent.gpg"
    gpg --homedir "$folder" --quiet --import "$folder/key"
    gpg --homedir "$folder" --status-fd 1 --verify "$package.sig" "$package" 2>/dev/null |
      grep -q "^\[GNUPG:\] VALIDSIG .*$fingerprint" || fail "the CloudWatch agent is not signed by AWS's key $fingerprint"
  fi
  dpkg --install "$package"
  rm -rf "$folder"
  [ -x "$control" ] || fail "the package has no $control"
fi
# log-agent.service starts it, with the configuration of the instance's stage.
systemctl disable --quiet amazon-cloudwatch-agent.service 2>/dev/null || true
