#!/usr/bin/env python3
# A classic CGI script. conf/demo.conf has the line that makes its URL a C++ handler.
print("Content-Type: text/html; charset=utf-8")
print()
print("""<!DOCTYPE html>
<html lang="en"><head><title>Hello</title></head>
<body><h1>Hello, world, says Python</h1></body></html>""")
