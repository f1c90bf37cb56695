#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# long: every suite at full length, g++ then both sanitizers, and a report appended to tests/LONG.md: date, commit,
# machine, results, and the lines of the test logs that speak of a seed. `./dev long` calls it; failures do not stop it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
export TRUST_EFFORT=long
at=${TRUST_BUILD_ROOT:-.}
status=0

report=$(mktemp)
trap 'rm -f "$report" "${seeds:-}"' EXIT
commit=$(git rev-parse --short=12 HEAD)
[ -z "$(git status --porcelain --untracked-files=no)" ] || commit+=' with changes'
{
  printf '\n## %s, commit %s\n\n```\n' "$(date -u '+%Y-%m-%d %H:%M UTC')" "$commit"
  python3 tests/tools/machine.py
  printf '```\n\n| run | passed | failed | skipped | minutes |\n|---|---|---|---|---|\n'
} > "$report"

seeds=$(mktemp)
for run in test:build asan:build-asan tsan:build-tsan; do
  verb=${run%%:*} dir=$at/${run#*:} from=$SECONDS
  ./dev "$verb" --timeout-multiplier 100 || status=1
  read -r ok bad skipped <<< "$(python3 tests/tools/count.py "$dir/meson-logs/testlog.json" || echo 0 1 0)"
  printf '| %s | %s | %s | %s | %d |\n' "$verb" "$ok" "$bad" "$skipped" $(((SECONDS - from + 59) / 60)) >> "$report"
  python3 tests/tools/seeds.py "$verb" "$dir/meson-logs/testlog.json" >> "$seeds"
done
[ -s "$seeds" ] || echo 'none printed' > "$seeds"
{ printf '\nSeeds:\n\n```\n'; cat "$seeds"; printf '```\n'; } >> "$report"
cat "$report" >> tests/LONG.md
cat "$report"
exit $status
