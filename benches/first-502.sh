#!/usr/bin/env bash
# Measures the time from the start of the process to the first 502 that a viewer sees, in milliseconds.
#
#   benches/first-502.sh [RUNS] [BINARY]        default: 20 runs of target/release/edge502
#
# Each run starts `serve certificate/expired`, which makes its certificates, proves its origin and opens its ports, and
# asks it once over HTTP. The shell's own part, starting a process and reading a line, is included.
set -euo pipefail

runs=${1:-20}
binary=${2:-"$(dirname "$0")/../target/release/edge502"}
[ -x "$binary" ] || { echo "$binary is missing; build it with: cargo build --release" >&2; exit 2; }

# The value of a key of the one line of JSON that `serve` prints.
value() { [[ $line =~ \"$1\":\"([^\"]*)\" ]] && printf '%s' "${BASH_REMATCH[1]}"; }

first_502() {
    local start=${EPOCHREALTIME/[.,]/} line address host status end
    coproc SERVE { exec "$binary" serve certificate/expired --format json 2>/dev/null; }
    local server=$SERVE_PID
    read -r -t 30 line <&"${SERVE[0]}" || { echo "serve printed nothing" >&2; return 1; }
    address=$(value viewer_http) address=${address#http://} address=${address%%/*}
    host=$(value host)
    exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
    printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host" >&3
    read -r -t 30 status <&3
    end=${EPOCHREALTIME/[.,]/}
    exec 3>&-
    kill -INT "$server" && wait "$server" || true
    [[ $status == "HTTP/1.1 502 "* ]] || { echo "not a 502: $status" >&2; return 1; }
    times+=("$(( end - start ))")
}

times=()
for _ in $(seq "$runs"); do first_502; done
printf '%s\n' "${times[@]}" | sort -n | awk '
    { t[NR] = $1 / 1000 }
    END { printf "%d runs: fastest %.1f ms, median %.1f ms, slowest %.1f ms\n", NR, t[1], t[int((NR + 1) / 2)], t[NR] }'
