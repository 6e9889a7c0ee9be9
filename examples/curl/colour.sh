#!/bin/sh
# Colours one photo over the HTTP API, with curl and jq: announce it, upload it to the link, ask for its status until it has an outcome.
#
#     colour.sh API_URL PHOTO RESULT
#
# TOKEN, where it is set, is the bearer token of a stage with sign-in.
set -eu

api=$1 photo=$2 result=$3
# The file's first bytes decide; a wrong type is refused by the service.
type=$(file --brief --mime-type "$photo")
size=$(wc -c <"$photo")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# curl reads its options from a file, in which no other process sees the token.
printf 'silent\nshow-error\nfail-with-body\nretry = 5\n' >"$folder/plain"
cp "$folder/plain" "$folder/api"
cp "$folder/plain" "$folder/upload"
[ -z "${TOKEN:-}" ] || printf 'header = "authorization: Bearer %s"\n' "$TOKEN" >>"$folder/api"

jq -n --arg name "$(basename "$photo")" --arg type "$type" --argjson size "$size" '{name: $name, type: $type, size: $size}' |
  curl --config "$folder/api" "${api}photos" -H 'content-type: application/json' -d @- >"$folder/created" ||
  { jq -r '.detail // .message' "$folder/created" >&2; exit 1; }
id=$(jq -r .id "$folder/created")

# Exactly the headers of the answer: the link is signed for them.
jq -r '.upload.headers | to_entries[] | "header = " + ("\(.key): \(.value)" | @json)' "$folder/created" >>"$folder/upload"
curl --config "$folder/upload" -X PUT "$(jq -r .upload.url "$folder/created")" --data-binary "@$photo"

while :; do
  curl --config "$folder/api" -D "$folder/headers" "${api}photos/$id" >"$folder/status"
  case $(jq -r .status "$folder/status") in
  succeeded)
    curl --config "$folder/plain" -o "$result" "$(jq -r .links.result "$folder/status")"
    exit
    ;;
  failed)
    jq -r '"\(.code): \(.message)"' "$folder/status" >&2
    exit 1
    ;;
  esac
  wait=$(tr -d '\r' <"$folder/headers" | sed -n 's/^[Rr]etry-[Aa]fter: *//p')
  sleep "${wait:-5}"
done
