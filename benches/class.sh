#!/usr/bin/env bash
# Measures a class in the training console: memory with one lab for each trainee, how long a lab takes to start, how long
# a page takes and how large it is.
#
#   benches/class.sh [LABS] [BINARY]        default: 30 labs with target/release/edge502
#
# Each trainee comes in with a cookie of their own and starts one of ten scenarios. The time of a start runs from the form
# to the redirect, with the broken state looked at and `openssl s_client` played. curl's own start is not included.
set -euo pipefail

labs=${1:-30}
binary=${2:-"$(dirname "$0")/../target/release/edge502"}
[ -x "$binary" ] || { echo "$binary is missing; build it with: cargo build --release" >&2; exit 2; }
scenarios=(certificate/expired certificate/self-signed chain/incomplete chain/out-of-order protocol/tls10-only
    certificate/untrusted-ca dns/api-gateway-gone relayed/nginx-502 cached/five-minutes sni/no-site)

directory=$(mktemp -d)
coproc CONSOLE { exec "$binary" console --format json --max-labs "$labs" --progress "$directory/progress.json" 2>/dev/null; }
console=$CONSOLE_PID
trap 'kill -INT "$console" 2>/dev/null; wait "$console" 2>/dev/null; rm -rf "$directory"' EXIT
read -r -t 30 line <&"${CONSOLE[0]}" || { echo "console printed nothing" >&2; exit 1; }
[[ $line =~ \"url\":\"([^\"]*)\" ]] && url=${BASH_REMATCH[1]}
[[ $line =~ \"address\":\"([^\"]*)\" ]] && address=${BASH_REMATCH[1]}

# Resident memory in KiB.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$console/status"; }
# The middle and the largest of the numbers on standard input, as milliseconds.
spread() { sort -n | awk '{ t[NR] = $1 * 1000 } END { printf "median %.1f ms, slowest %.1f ms", t[int((NR + 1) / 2)], t[NR] }'; }

first=$(resident)
for number in $(seq "$labs"); do
    jar=$directory/$number
    curl -sS -o "$directory/page" -c "$jar" "$url"
    curl -sS -o "$directory/page" -b "$jar" "$address/"
    [[ $(<"$directory/page") =~ name=\"token\"\ value=\"([0-9a-f]*)\" ]] && token=${BASH_REMATCH[1]}
    started=$(curl -sS -o "$directory/page" -b "$jar" -w '%{http_code} %{time_total}' --data-urlencode "token=$token" \
        --data-urlencode "id=${scenarios[$(( number % ${#scenarios[@]} ))]}" "$address/start")
    [[ $started == 303* ]] || { echo "trainee $number got ${started%% *}" >&2; exit 1; }
    echo "${started#* }" >> "$directory/starts"
done
for number in $(seq "$labs"); do
    curl -sS -o "$directory/page" -b "$directory/$number" -w '%{http_code} %{time_starttransfer} %{size_download}\n' "$address/lab"
done > "$directory/pages"
for path in / /exercises /track/whose /track/certificates /class/http /class/certificate /cause/chain-incomplete \
    /scenario/certificate/expired /results; do
    curl -sS -o "$directory/page" -b "$directory/1" -w '%{http_code} %{time_starttransfer} %{size_download}\n' "$address$path"
done > "$directory/lists"
for pages in pages lists; do
    awk '$1 != 200 { print "a page is not there: " $1 > "/dev/stderr"; exit 1 }' "$directory/$pages"
done
# Waiting times and the largest size of the pages in a file.
told() { printf '%s, largest %s' "$(awk '{ print $2 }' "$1" | spread)" "$(awk '$3 > m { m = $3 } END { printf "%.0f KiB", m / 1024 }' "$1")"; }

echo "$labs labs: $(( $(resident) / 1024 )) MiB resident, $(( first / 1024 )) MiB without labs"
echo "start of a lab: $(spread < "$directory/starts")"
echo "page of a lab: $(told "$directory/pages")"
echo "lists, stories, results: $(told "$directory/lists")"
