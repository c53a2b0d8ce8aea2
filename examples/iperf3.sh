#!/bin/sh
# iperf3.sh HOST [OPTION…]   Measures the throughput of TCP to an iperf3 server, and stores it with its retransmits.
set -eu
archive=${MARIGRAM_URL:-http://localhost:8080}/esmond/perfsonar/archive
: "${MARIGRAM_KEY:?set it to a key of scope write}"

# send URL [OPTION…]   Sends the JSON on stdin.
send() {
  curl --silent --show-error --fail-with-body "$@" --data-binary @- \
    -H "Authorization: Token $MARIGRAM_KEY" -H 'Content-Type: application/json'
}

host=$1
shift
if ! result=$(iperf3 --client "$host" --json "$@"); then
  printf '%s' "$result" | jq --raw-output '"iperf3: \(.error)"' >&2
  exit 1
fi

key=$(printf '%s' "$result" | jq '.start.connected[0] as $ends | {
  "subject-type": "point-to-point", source: $ends.local_host, destination: $ends.remote_host,
  "measurement-agent": $ends.local_host, "tool-name": "iperf3",
  "ip-transport-protocol": "tcp", "time-duration": .start.test_start.duration,
  "event-types": [
    {"event-type": "throughput", summaries: [{"summary-type": "average", "summary-window": 86400}]},
    {"event-type": "packet-retransmits"}]}' | send "$archive/" | jq --raw-output '."metadata-key"')

printf '%s' "$result" | jq '{data: [{ts: .start.timestamp.timesecs, val: [
  {"event-type": "throughput", val: (.end.sum_received.bits_per_second | round)},
  {"event-type": "packet-retransmits", val: .end.sum_sent.retransmits}]}]}' | send "$archive/$key/" -X PUT >/dev/null
echo "$archive/$key/throughput/base"
