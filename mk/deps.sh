#!/bin/sh
# deps.sh LEVEL: installs what LEVEL (build, run, test, bench, check, all) needs and is not
# there, with apt where it may; elsewhere names the packages and fails. Removes config.mk
# when it installed something, so that the next make configures anew. mk/deps.txt has
# the list.
set -u
here=$(dirname "$0")
case ${1:-all} in
build) levels=" build option " ;;
run) levels=" build option run " ;;
test) levels=" build option run test " ;;
bench) levels=" build option run test bench " ;;
check) levels=" build option run test check " ;;
all) levels=" build option run test bench check " ;;
*) echo "deps.sh: no level \"$1\"" >&2; exit 2 ;;
esac
PATH=$PATH:/usr/sbin

have_httpd() {
    program=$(apxs -q SBINDIR 2>/dev/null)/$(apxs -q PROGNAME 2>/dev/null)
    [ -f "$program" ] && [ -x "$program" ]
}

have_clang_rt() {
    set -- "$(clang++ -print-resource-dir 2>/dev/null)"/lib/*/libclang_rt.fuzzer*.a
    [ -e "$1" ]
}

have() {
    case $1 in
    cmd:*) command -v "${1#cmd:}" >/dev/null ;;
    py:*) python3 -c "import ${1#py:}" 2>/dev/null || /usr/bin/python3 -c "import ${1#py:}" 2>/dev/null ;;
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    header:*) echo "#include <${1#header:}>" | g++ -E -x c++ - >/dev/null 2>&1 ;;
    apache:*) [ -e "$(apxs -q LIBEXECDIR 2>/dev/null)/${1#apache:}" ] ;;
    suexec) [ -e /usr/lib/apache2/suexec-custom ] || [ -e /usr/sbin/suexec ] ;;
    httpd) have_httpd ;;
    clang-rt) have_clang_rt ;;
    esac
}

add() { case " $2 " in *" $1 "*) echo "$2" ;; *) echo "$2 $1" ;; esac; }

debian="" fedora="" alpine="" needed=""
while read -r level probe on_debian on_fedora on_alpine; do
    case $level in '' | '#'*) continue ;; esac
    case $levels in *" $level "*) ;; *) continue ;; esac
    have "$probe" && continue
    [ "$level" = option ] || needed=yes
    debian=$(add "$on_debian" "$debian")
    fedora=$(add "$on_fedora" "$fedora")
    [ "$on_alpine" = - ] || alpine=$(add "$on_alpine" "$alpine")
done <"$here/deps.txt"
[ -n "$debian" ] || exit 0

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "make deps: installing$debian"
    # shellcheck disable=SC2086 # a list of names
    install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $debian; }
    # A fresh machine has no package lists, an old one stale ones.
    if ! install </dev/null >/dev/null 2>&1; then
        if ! apt-get update -q </dev/null || ! install </dev/null; then
            echo "make deps: apt-get could not install$debian" >&2
            exit 1
        fi
    fi
    rm -f "$here/../config.mk"
    exit 0
fi
[ -n "$needed" ] && says="is missing. Install it as root and call make again" ||
    says="could be had; the build does without"
cat >&2 <<END
make deps: something $says:
  Debian:  apt-get install --no-install-recommends$debian
  Fedora:  dnf install$fedora
  Alpine:  apk add$alpine
END
[ -z "$needed" ]
