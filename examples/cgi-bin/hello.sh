#!/bin/sh
# A classic CGI script in sh: a head, an empty line, a page.
cat <<'PAGE'
Content-Type: text/html; charset=utf-8

<!DOCTYPE html>
<html lang="en"><head><title>Hello</title></head>
<body><h1>Hello, world, says sh</h1></body></html>
PAGE
