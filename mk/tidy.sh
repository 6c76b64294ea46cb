#!/bin/sh
# tidy.sh "FILES" PARALLEL FLAGS...: clang-tidy over the files, or, when none are named,
# over the C++ sources that differ from the main branch, else those of the last commit.
set -u
files=$1
parallel=$2
shift 2

changed() {
    git rev-parse -q --verify HEAD >/dev/null 2>&1 || return 0
    base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null)
    if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then base=HEAD~1; fi
    git diff --name-only --diff-filter=d "$base" -- '*.cc' 2>/dev/null
    git ls-files --others --exclude-standard -- '*.cc'
}

[ -n "$files" ] || files=$(changed | sort -u)
# Fuzzers and benchmarks are not worth it; what is not there any more is left out.
files=$(for file in $files; do [ -f "$file" ] && echo "$file"; done | grep -v '^t/bench/')
if [ -z "$files" ]; then
    echo "no C++ source changed"
    exit 0
fi
export TIDY_FLAGS="$*"
# shellcheck disable=SC2016 # expanded in the inner shell
echo "$files" | xargs -n 1 -P "$parallel" sh -c '
    found=$(clang-tidy --quiet "$0" -- $TIDY_FLAGS 2>&1)
    status=$?
    echo "$found" | grep -v "warnings\{0,1\} generated"
    exit $status'
