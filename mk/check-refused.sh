#!/bin/sh
# Checks that what t/compile/*.cc calls wrong does not compile, and says so in the words
# that stand behind each case. Usage: CXX=... mk/check-refused.sh
set -u
compiler="${CXX:-g++} -std=c++20 -Iinclude -fsyntax-only"
cases=0
failures=0

fail() {
    echo "check-refused: $*" >&2
    failures=$((failures + 1))
}

for file in t/compile/*.cc; do
    $compiler "$file" || fail "$file does not compile without a case"
    for line in $(sed -n 's/^#.*CASE == \([0-9]*\) *\/\/ *\([a-z_]*\)$/\1:\2/p' "$file"); do
        cases=$((cases + 1))
        number=${line%%:*}
        word=${line#*:}
        if message=$($compiler -DCASE="$number" "$file" 2>&1); then
            fail "$file: case $number compiles; it has to be refused ($word)"
        elif ! printf '%s' "$message" | grep -q "$word"; then
            fail "$file: case $number is refused without saying $word:
$message"
        fi
    done
done
[ "$cases" -gt 0 ] || fail "no cases found"
echo "check-refused: $cases cases, $failures failures"
[ "$failures" -eq 0 ]
