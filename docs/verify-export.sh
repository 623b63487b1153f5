#!/bin/sh
# The core of `audit-export verify` with public tools only: openssl, sha256sum, jq, awk, base64.
#
#     sh verify-export.sh FOLDER LOG.pem WORKSPACE FROM TO
#
# It checks the log's signature, the newest seal's place in the log, the workspace's list of days and its place in the
# map, the accounts' hash, and every row of the days from FROM up to, not including, TO.
# It does not check the exporter's signature, older views, checkpoints that you hold, or whether the accounts balance, and
# it reads no cells with line breaks and no workspace without entries: `audit-export verify` does all that.
set -eu
export LC_ALL=C
[ $# -eq 5 ] || { echo "usage: sh verify-export.sh FOLDER LOG.pem WORKSPACE FROM TO" >&2; exit 2; }
folder=$1 pem=$2 workspace=$3 from=$4 to=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $1" >&2; exit 1; }
hash() { sha256sum | cut -c1-64; }
view() { jq -rj ".views[-1].$1" "$folder/proof.json"; }
# bytes HEX: writes what the hex digits stand for.
bytes() {
  printf "$(printf '%s\n' "$1" | awk '{ for (i = 1; i < length($0); i += 2)
    printf "\\%03o", (index("0123456789abcdef", substr($0, i, 1)) - 1) * 16 + index("0123456789abcdef", substr($0, i + 1, 1)) - 1 }')"
}

# The signature: over all lines before the empty one, by the key whose name is the first line.
awk '/^$/ { exit } { print }' "$folder/checkpoint" > "$work/body"
origin=$(sed -n 1p "$work/body") size=$(sed -n 2p "$work/body") root=$(sed -n 3p "$work/body") signed=no
grep '^— ' "$folder/checkpoint" | awk -v name="$origin" '$2 == name { print $3 }' > "$work/signatures"
while read -r line; do
  printf '%s\n' "$line" | base64 -d | tail -c +5 > "$work/signature"
  if openssl pkeyutl -verify -pubin -inkey "$pem" -rawin -in "$work/body" -sigfile "$work/signature" > /dev/null 2>&1
  then signed=yes; fi
done < "$work/signatures"
[ $signed = yes ] || fail "the signature of the checkpoint"
echo "the log $origin signed $size seals"

# The log: the path of its last leaf has only left sisters.
view record > "$work/record"
[ "$(awk '$1 == "seal" { print $2 }' "$work/record")" = $((size - 1)) ] || fail "the newest view is not of the last seal"
node=$({ printf '\000'; cat "$work/record"; } | hash)
for left in $(view 'inclusion[]|.,"\n"'); do
  node=$({ printf '\001'; bytes "$left"; bytes "$node"; } | hash)
done
[ "$(bytes "$node" | base64)" = "$root" ] || fail "the log does not hold the newest record"
awk '$1 == "time" || $1 == "complete_through" || $1 == "restored"' "$work/record"

# The days, and their place in the map: from the end of the path up, on the side that the key's bit says.
key=$(printf '%s' "$workspace" | hash)
view days > "$work/days"
[ "$(cat "$work/days")" != null ] || fail "the package has no entry of $workspace, which this script cannot check: use audit-export verify"
[ "$(sed -n 1p "$work/days")" = "callmine-audit-days/1 $key" ] || fail "the days are not of $workspace"
node=$(printf 'callmine-audit-workspace/1\n%s\n%s\n' "$key" "$(hash < "$work/days")" | hash)
depth=$(view 'path|length')
for sister in $(view 'path|reverse|.[]|.,"\n"'); do
  depth=$((depth - 1))
  digit=$(printf '%s' "$key" | cut -c$((depth / 4 + 1)))
  if [ $((0x$digit >> (3 - depth % 4) & 1)) = 1 ]; then left=$sister right=$node; else left=$node right=$sister; fi
  node=$(printf 'callmine-audit-map/1\n%s\n%s\n' "$left" "$right" | hash)
done
[ "$node" = "$(awk '$1 == "map" { print $2 }' "$work/record")" ] || fail "the map does not hold these days"
[ "$(hash < "$folder/accounts.csv")" = "$(awk '$1 == "accounts" { print $2 }' "$work/record")" ] || fail "accounts.csv"

# The rows: for each day its chain, from the start to the hash in the list of days.
tail -n +2 "$work/days" | awk -v from="$from" -v to="$to" '$1 "" >= from "" && $1 "" < to ""' > "$work/range"
exec 3< "$folder/audit.csv"
IFS= read -r header <&3 || fail "audit.csv is empty"
[ "$(printf '%s\n' "$header" | hash)" = 985e241129fda33d1dab5cf841a6e45ba441be3518de2d6e386cfd4bfbfcb071 ] || fail "the header"
rows=0
while read -r day entries digest; do
  x=$(printf 'callmine-audit-day/1\n%s\n%s\n' "$key" "$day" | hash)
  while [ "$entries" -gt 0 ]; do
    IFS= read -r row <&3 || fail "the rows of $day end too early"
    [ $(($(printf '%s' "$row" | tr -cd '"' | wc -c) % 2)) = 0 ] ||
      fail "a cell of $day has a line break, which this script cannot read: use audit-export verify"
    [ "$(printf '%s' "$row" | cut -c1-12)" = "\"${day}T" ] || fail "the rows of $day: one is of another day"
    case $(printf '%s' "$row" | cut -c30-) in
      ,\""$workspace"\",*) ;;
      *) fail "the rows of $day: one is of another workspace" ;;
    esac
    x=$(printf '%s\n%s\n' "$x" "$(printf '%s\n' "$row" | hash)" | hash)
    entries=$((entries - 1)) rows=$((rows + 1))
  done
  [ "$x" = "$digest" ] || fail "the rows of $day are not what was sealed"
done < "$work/range"
if IFS= read -r row <&3; then fail "audit.csv goes on after the last day"; fi
echo "all checks of this script hold: $rows rows"
