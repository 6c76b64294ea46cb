#!/usr/bin/env python3
# The form of hello_get.cc as a classic CGI script. (Python 3.13 has no cgi module.)
import html
import os
import sys
import urllib.parse

query = os.environ.get("QUERY_STRING", "")
if os.environ.get("REQUEST_METHOD") == "POST":
    length = int(os.environ.get("CONTENT_LENGTH") or 0)
    query = sys.stdin.buffer.read(length).decode("ascii", "replace")
form = urllib.parse.parse_qs(query)
first = html.escape(form.get("first_name", ["you"])[0])
last = html.escape(form.get("last_name", [""])[0])
action = html.escape(os.environ.get("SCRIPT_NAME", ""))

sys.stdout.reconfigure(encoding="utf-8")
print(f"""Content-Type: text/html; charset=utf-8

<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Hello by form, says Python</title></head>
<body>
<h1>Hello {first} {last}</h1>
<form action="{action}">
<p><label>First name <input name="first_name"></label></p>
<p><label>Last name <input name="last_name"></label></p>
<p><button>Send by GET</button> <button formmethod="post">Send by POST</button></p>
</form>
</body>
</html>""")
