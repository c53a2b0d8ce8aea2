#!/bin/sh
# ping.sh HOST [OPTION…]   Sends ten pings, and stores their round-trip times (ms, as a histogram) and the share of lost
# ones. SOURCE is this host's address; without it the first that `hostname -I` tells.
set -eu
archive=${MARIGRAM_URL:-http://localhost:8080}/esmond/perfsonar/archive
: "${MARIGRAM_KEY:?set it to a key of scope write}"
source=${SOURCE:-$(hostname -I | cut -d' ' -f1)}

# send URL [OPTION…]   Sends the JSON on stdin.
send() {
  curl --silent --show-error --fail-with-body "$@" --data-binary @- \
    -H "Authorization: Token $MARIGRAM_KEY" -H 'Content-Type: application/json'
}

# Lost packets are a result: ping ends with 1 where all are lost.
now=$(date +%s)
result=$(LC_ALL=C ping -n -c 10 -i 0.2 "$@") || [ $? -eq 1 ]

address=$(printf '%s\n' "$result" | sed -n '1s/^[^(]*(\([^)]*\)).*/\1/p')
key=$(jq --null-input --arg source "$source" --arg destination "$address" '{
  "subject-type": "point-to-point", source: $source, destination: $destination,
  "measurement-agent": $source, "tool-name": "ping",
  "event-types": [
    {"event-type": "histogram-rtt", summaries: [{"summary-type": "statistics", "summary-window": 86400}]},
    {"event-type": "packet-loss-rate-bidir", summaries: [{"summary-type": "aggregation", "summary-window": 86400}]}]
  }' | send "$archive/" | jq --raw-output '."metadata-key"')

printf '%s\n' "$result" | jq --null-input --raw-input --argjson ts "$now" '[inputs] as $lines
  | [$lines[] | capture("time=(?<ms>[0-9.]+) ms").ms] as $times
  | ($lines[] | capture("^(?<sent>[0-9]+) packets transmitted, (?<received>[0-9]+) ")) as $packets
  | ($packets.sent | tonumber) as $sent
  | {data: [{ts: $ts, val: ([
      {"event-type": "packet-loss-rate-bidir",
       val: {numerator: ($sent - ($packets.received | tonumber)), denominator: $sent}}]
    + if $times == [] then [] else [
      {"event-type": "histogram-rtt", val: ($times | group_by(.) | map({key: .[0], value: length}) | from_entries)}] end)
  }]}' | send "$archive/$key/" -X PUT >/dev/null
