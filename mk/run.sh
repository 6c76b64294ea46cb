#!/bin/sh
# Serves the demo site (conf/demo.conf) from a private httpd on 127.0.0.1 until Ctrl-C.
# Everything it serves is copied to a directory of its own first: the server's children,
# who are somebody else when root starts this, may not be able to read the checkout.
# `make run` gives: HTTPD, HTTPD_MODULES, BUILD, PORT, MPM, STAGE.
set -eu
umask 022
cd "$(dirname "$0")/.."

fail() {
    printf 'make run: %s\n' "$*" >&2
    exit 1
}

case $PORT in
'' | *[!0-9]* | ??????*) fail "PORT=$PORT is no port: give a number from 1 to 65535" ;;
esac
[ "$PORT" -ge 1 ] && [ "$PORT" -le 65535 ] ||
    fail "PORT=$PORT is no port: give a number from 1 to 65535"
[ -x "$HTTPD" ] || fail "there is no httpd at $HTTPD: run \"make deps\""

user=
if [ "$(id -u)" = 0 ]; then
    for name in www-data apache nobody; do
        id -u "$name" >/dev/null 2>&1 && user=$name && break
    done
    [ "$user" ] || fail "root needs a user for the server's children, such as www-data"
fi

pid=
tail=
site=$(mktemp -d "$STAGE/cppcgi-demo-XXXXXX")
finish() {
    trap '' INT TERM HUP
    if [ "$pid" ] && kill -TERM "$pid" 2>/dev/null; then
        wait "$pid" || true
    fi
    [ -z "$tail" ] || kill "$tail" 2>/dev/null || true
    rm -rf "$site"
}
trap finish EXIT
trap 'exit 0' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

chmod 755 "$site"
mkdir "$site/handlers" "$site/cgi-bin" "$site/lib" "$site/run" "$site/uploads"
cp -R examples/htdocs "$site/"
cp examples/cgi-bin/* "$BUILD"/cgi-bin/*.cgi "$site/cgi-bin/"
cp "$BUILD"/handlers/*.so "$site/handlers/"
cp "$BUILD/lib/mod_cppcgi.so" "$BUILD/lib/libcppcgi.so.1" "$site/lib/"
chmod -R go+rX "$site"
chmod 755 "$site"/cgi-bin/*
[ -z "$user" ] || chown "$user" "$site/uploads"
"$site/cgi-bin/hello.sh" >/dev/null 2>&1 ||
    fail "programs cannot run in $STAGE, which may be mounted noexec: name another" \
        "directory that everybody can search, \"make run STAGE=/var/tmp\""

# Other distributions build some of these in.
load() {
    if ! "$HTTPD" -l | grep -q "mod_$1.c"; then
        printf 'LoadModule %s_module "%s/mod_%s.so"\n' "$1" "$HTTPD_MODULES" "$1"
    fi
}
{
    printf 'Define SITE "%s"\nServerRoot "${SITE}"\nServerName 127.0.0.1\n' "$site"
    printf 'Listen 127.0.0.1:%s\n' "$PORT"
    printf 'PidFile run/httpd.pid\nDefaultRuntimeDir run\nErrorLog error.log\n'
    for module in "mpm_$MPM" unixd authz_core authz_host mime dir alias env; do load "$module"; done
    printf 'LoadModule cppcgi_module lib/mod_cppcgi.so\nTypesConfig /dev/null\n'
    [ -z "$user" ] || printf 'User %s\nGroup "#%s"\n' "$user" "$(id -g "$user")"
    printf 'Include "%s/conf/demo.conf"\n' "$PWD"
} >"$site/httpd.conf"

# Said by httpd itself, so that nobody can take the port between a look and the start.
explain() {
    if grep -q '(98)Address already in use: AH00072' "$site"/*.log; then
        fail "port $PORT of 127.0.0.1 is taken by another program: choose another one," \
            "such as \"make run PORT=$((PORT < 65535 ? PORT + 1 : 8080))\""
    elif grep -q '(13)Permission denied: AH00072' "$site"/*.log; then
        fail "port $PORT may be opened by root only: choose one above 1023," \
            "such as \"make run PORT=8080\""
    fi
    cat "$site"/*.log >&2
    fail "httpd did not start; its own words stand above"
}

"$HTTPD" -f "$site/httpd.conf" -DFOREGROUND >"$site/start.log" 2>&1 &
pid=$!
tries=300
until [ -s "$site/run/httpd.pid" ]; do
    kill -0 "$pid" 2>/dev/null || explain
    [ "$tries" -gt 0 ] || explain
    tries=$((tries - 1))
    sleep 0.1
done

printf '\n  The demo site is at  http://127.0.0.1:%s/\n' "$PORT"
printf '  Ctrl-C ends it. Below: the error log.\n\n'
tail -n +1 -f "$site/error.log" &
tail=$!
wait "$pid" || true
pid=
fail "httpd has ended by itself"
