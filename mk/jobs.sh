#!/bin/sh
# jobs.sh FOLDER PARALLEL: runs the jobs of stdin, one a line, "NAME COMMAND", so many at
# a time, each with its output in FOLDER/NAME.log. Shows the output of those that failed
# and closes with one summary in GoogleTest's form over all: a job that is no GoogleTest
# program counts as one test. Fails when one failed, and when there was no test at all.
set -u
folder=$1
parallel=$2
rm -rf "$folder"
mkdir -p "$folder"
started=$(date +%s)

# shellcheck disable=SC2016 # expanded in the inner shell
one='
    name=${1%% *}
    start=$(date +%s)
    sh -c "${1#* }" >"$0/$name.log" 2>&1 </dev/null
    status=$?
    echo "$status" >"$0/$name.status"
    [ "$status" = 0 ] && word="      OK" || word="  FAILED"
    echo "[ $word ] $name ($(($(date +%s) - start)) s)"
'
tr '\n' '\0' | xargs -0 -r -n 1 -P "$parallel" sh -c "$one" "$folder"

tests=0
passed=0
skipped=0
for log in "$folder"/*.log; do
    [ -e "$log" ] || break
    name=$(basename "$log" .log)
    status=$(cat "$folder/$name.status")
    ran=$(sed -n 's/^\[==========\] \([0-9]*\) tests\{0,1\} from .* ran\..*/\1/p' "$log" | tail -n 1)
    if [ -n "$ran" ]; then
        tests=$((tests + ran))
        passed=$((passed + $(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)))
        skipped=$((skipped + $(sed -n 's/^\[  SKIPPED \] \([0-9]*\) tests\{0,1\}, listed below.*/\1/p' "$log" | tail -n 1 | grep . || echo 0)))
        sed -n '/ FAILED  \] [0-9]* tests\{0,1\}, listed below/,$s/^\[  FAILED  \] [^0-9]/&/p' "$log" >>"$folder/failed"
    else
        # A program that crashed has no summary: what it ran last is the failure.
        tests=$((tests + 1))
        [ "$status" = 0 ] && passed=$((passed + 1))
    fi
    [ "$status" = 0 ] && continue
    printf '\n---- %s, status %s, %s ----\n' "$name" "$status" "$log"
    # The failures of a GoogleTest program without what went well, else the end.
    grep -v -e '^\[       OK \]' -e '^\[-----' -e '^Running main' "$log" |
        awk '/^\[ RUN      \]/ { run = $0; next } run != "" { print run; run = "" } { print }' |
        tail -n 150
    [ -n "$ran" ] || echo "[  FAILED  ] $name" >>"$folder/failed"
done

printf '\n[==========] %s tests from %s jobs ran. (%s000 ms total)\n' "$tests" \
    "$(find "$folder" -name '*.log' | wc -l)" "$(($(date +%s) - started))"
echo "[  PASSED  ] $passed tests."
[ "$skipped" = 0 ] || echo "[  SKIPPED ] $skipped tests."
if [ -s "$folder/failed" ]; then
    echo "[  FAILED  ] $(wc -l <"$folder/failed") tests, listed below:"
    cat "$folder/failed"
    exit 1
fi
cat "$folder"/*.status 2>/dev/null | grep -q '[^0]' && exit 1
[ "$passed" -gt 0 ]
