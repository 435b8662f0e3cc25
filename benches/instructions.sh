#!/usr/bin/env bash
# Counts instructions with callgrind and compares them with the limits in benches/instructions.txt.
# Exit status: 0 all within their limits, 1 some are not, 2 could not count.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v valgrind >/dev/null; then
    echo "valgrind is not installed: nothing counted (Debian: apt-get install valgrind)" >&2
    exit 2
fi
binary=$(cargo bench --bench instructions --no-run --message-format json-render-diagnostics |
    sed -n 's/.*"name":"instructions".*"executable":"\([^"]*\)".*/\1/p')
[ -x "$binary" ] || { echo "cargo built no bench called instructions" >&2; exit 2; }

output=$(mktemp)
trap 'rm -f "$output"' EXIT
failed=0
printf '%-10s %14s %14s\n' path instructions limit
while read -r path limit; do
    case "$path" in "" | "#"*) continue ;; esac
    if ! valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*measured*' \
        "$binary" "$path" >"$output" 2>&1; then
        cat "$output" >&2
        exit 2
    fi
    counted=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$output")
    printf '%-10s %14s %14s' "$path" "$counted" "$limit"
    if [ "$counted" -eq 0 ]; then
        echo '  nothing was counted'
        exit 2
    elif [ "$counted" -gt "$limit" ]; then
        echo '  over the limit'
        failed=1
    else
        echo
    fi
done <benches/instructions.txt
exit "$failed"
