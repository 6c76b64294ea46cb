#!/usr/bin/env python3
"""Compares `inspect` with Python's own cgi.FieldStorage on random forms.

    differential.py --url http://127.0.0.1:8080/inspect [--cases 20000] [--seed N]

Each case is sent over HTTP, read by cgi.FieldStorage from the same bytes, and read by the
plain reader in oracle.py, which keeps to DECISIONS. A defect is an answer that is neither
Python's nor, at a point that DECISIONS lists, the plain reader's. Exit status: 0 none, 1
defects, 77 when this Python has no cgi (3.13 and later).
"""
import argparse
import base64
import collections
import http.client
import io
import json
import os
import sys
import time
import urllib.parse
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
try:
    import cgi
except ImportError:
    cgi = None

import generator
import oracle


# ---------------------------------------------------------------- the three readers
def ask(connection, path, case):
    """What `inspect` answers: (fields, error kind)."""
    headers = {}
    if case.content_type is not None:
        headers["Content-Type"] = case.content_type
    if case.options:
        headers["X-Form-Option"] = "; ".join(
            '%s="%s"' % pair for pair in case.options.items())
    if case.query:
        path += "?" + case.query.decode("ascii")
    body = case.body
    if body is not None and case.chunks:
        body = split(body, case.chunks)
        headers["Transfer-Encoding"] = "chunked"
    connection.request(case.method, path, body, headers,
                       encode_chunked=case.chunks is not None)
    response = connection.getresponse()
    text = response.read()
    try:
        answer = json.loads(text)
    except ValueError:
        raise RuntimeError("status %d without JSON: %r" % (response.status, text[:200]))
    error = answer["error"]
    decode = decoder(case)
    fields = [from_inspect(field, decode) for field in answer["fields"]]
    return ([], error["kind"]) if error else (fields, None)


def split(body, sizes):
    """Pieces of the body in these sizes, over and over, but no more than 200 pieces."""
    at = number = 0
    while at < len(body):
        size = sizes[number % len(sizes)] if number < 200 else len(body)
        yield body[at:at + size]
        at += size
        number += 1


def decoder(case):
    """Text of a nameless part, which `inspect` may leave to us; bytes where it fails."""
    def decode(data):
        try:
            return data.decode(case.options.get("encoding", "utf-8"),
                               case.options.get("errors", "replace"))
        except UnicodeDecodeError:
            return data
    return decode


def from_inspect(field, decode):
    out = {"name": field["name"], "filename": field["filename"]}
    if field["type"] is not None:
        out["type"] = field["type"]
    if field["disposition"] is not None or field["type"] is not None:
        out["disposition"] = field["disposition"] or ""
        out["done"] = field["done"]
    if field["list"] is not None:
        out["list"] = [from_inspect(part, decode) for part in field["list"]]
    elif field["filename"] is None and field["value"] is not None:
        out["value"] = field["value"]
    elif field["value_base64"] is not None:
        data = base64.b64decode(field["value_base64"])
        out["value"] = data if field["filename"] is not None else decode(data)
    else:
        out["size"] = field["size"]
    return out


def read_by_oracle(case):
    content_type = case.content_type
    form = oracle.Form(
        case.method, None if content_type is None else content_type.strip().encode(),
        case.query, case.body or b"", oracle.Options(**case.options))
    form.case = case
    if form.error:
        return ([], form.error), form.codes
    return ([from_oracle(field, form) for field in form.fields], None), form.codes


def from_oracle(field, form):
    out = {"name": field["name"], "filename": field["filename"]}
    if "type" in field:
        out["type"] = field["type"]
        out["disposition"] = field.get("disposition") or ""
        out["done"] = field.get("done", 0)
    if field.get("list") is not None:
        out["list"] = [from_oracle(part, form) for part in field["list"]]
    elif field["filename"] is None and field["name"] is not None:
        out["value"] = field["text"]
    elif len(field["value"]) > 65536:
        out["size"] = len(field["value"])
    elif field["filename"] is not None:
        out["value"] = field["value"]
    elif "text" in field:
        out["value"] = field["text"]
    else:
        out["value"] = decoder(form.case)(field["value"])
    return out


def read_by_python(case):
    environ = {"REQUEST_METHOD": case.method, "QUERY_STRING": case.query.decode("ascii")}
    if case.content_type is not None:
        environ["CONTENT_TYPE"] = case.content_type.strip()
    if case.body is not None and not case.chunks:
        environ["CONTENT_LENGTH"] = str(len(case.body))
    options = dict(case.options)
    try:
        form = cgi.FieldStorage(io.BytesIO(case.body or b""), environ=environ, **options)
        if form.list is None:
            return [from_python(form)], None
        return [from_python(field) for field in form.list], None
    except Exception as error:  # whatever it raises is its answer
        return [], kind_of(error)


def kind_of(error):
    text = str(error)
    if isinstance(error, UnicodeError):
        return "bad_encoding"
    for begin, kind in (("Max number of fields", "too_many_fields"),
                        ("bad query field", "bad_query_field"),
                        ("Invalid boundary", "bad_boundary")):
        if text.startswith(begin):
            return kind
    return "%s: %s" % (type(error).__name__, text)


def from_python(field):
    out = {"name": field.name, "filename": field.filename}
    if isinstance(field, cgi.MiniFieldStorage):
        out["value"] = field.value
        return out
    out["type"] = field.type
    out["disposition"] = field.disposition
    out["done"] = field.done
    if field.list is not None:
        out["list"] = [from_python(part) for part in field.list]
        return out
    value = field.value
    is_bytes = isinstance(value, bytes)
    size = len(value if is_bytes else value.encode("utf-8"))
    if size > 65536 and (is_bytes or field.name is None):
        out["size"] = size
    else:
        out["value"] = value
    return out


# ---------------------------------------------------------------- comparison
def verdict(ours, python, by_rule, codes):
    """(defect or None, codes of a listed difference)."""
    if ours == python:
        return None, ()
    if ours[1] and python[1] and ours == by_rule:
        # Both refuse, for one of two faults: nobody decided which is found first.
        return None, tuple(sorted(codes)) or ("which of two faults",)
    if not codes:
        return "differs from Python, and DECISIONS has no reason", ()
    if ours == by_rule or is_accepted(ours, by_rule, codes):
        return None, tuple(sorted(codes))
    return "differs from Python, and not as DECISIONS says", ()


def is_accepted(ours, by_rule, codes):
    """Answers that DECISIONS takes as well."""
    if "QUOTE-LEGACY" in codes and by_rule[1] == "malformed":
        return True  # nothing is refused that may be read
    if "QUOTE-LEGACY" in codes:
        strip = lambda fields: [{**field, "name": 0, "filename": 0, "type": 0,
                                 "disposition": 0, "value": 0,
                                 "list": strip(field.get("list") or [])}
                                for field in fields]
        return (ours[1] is None) == (by_rule[1] is None) and (
            strip(ours[0]) == strip(by_rule[0]))
    # Two faults in one form: nobody decided which is found first.
    faults = {"malformed", "truncated", "header_too_large", "too_many_fields", "too_large",
              "bad_boundary"}
    return ours[1] in faults and by_rule[1] in faults


def first_difference(ours, other, path="fields"):
    """Where two lists of fields part ways, for a reader of the report."""
    if len(ours) != len(other):
        return "%s: %d and %d fields" % (path, len(ours), len(other))
    for at, (a, b) in enumerate(zip(ours, other)):
        for key in sorted(a.keys() | b.keys()):
            if a.get(key) == b.get(key):
                continue
            place = "%s[%d].%s" % (path, at, key)
            if key == "list" and a.get(key) is not None and b.get(key) is not None:
                return first_difference(a[key], b[key], place)
            return "%s: %.200r and %.200r" % (place, a.get(key), b.get(key))
    return "none"


def show(number, case, ours, python, by_rule, codes, why):
    print("case %d: %s" % (number, why))
    print("  %s query=%r type=%r options=%r chunked=%r" % (
        case.method, case.query, case.content_type, case.options, case.chunks is not None))
    print("  body   %r" % (case.body if len(case.body or b"") < 3000 else
                           case.body[:1500] + b"[...]" + case.body[-500:]))
    for name, answer in (("ours", ours), ("python", python), ("rule", by_rule)):
        print("  %-6s %s" % (name, str(answer)[:1500]))
    print("  ours and rule: %s" % first_difference(ours[0], by_rule[0]))
    print("  codes  %s" % sorted(codes))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--cases", type=int, default=20000)
    parser.add_argument("--seed", default=str(int(time.time())))
    parser.add_argument("--only", type=int, help="the number of one case")
    parser.add_argument("--show", type=int, default=5, help="defects to print in full")
    args = parser.parse_args()
    if cgi is None:
        print("skipped: python %s has no cgi module" % sys.version.split()[0])
        return 77
    print("seed %s, %d cases" % (args.seed, args.cases), flush=True)
    url = urllib.parse.urlsplit(args.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    listed = collections.Counter()
    same = defects = 0
    numbers = range(args.cases) if args.only is None else [args.only]
    for number in numbers:
        case = generator.Case(args.seed, number)
        try:
            ours = ask(connection, url.path, case)
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            ours = ([], "no answer: %s" % error)
            connection.close()
        python = read_by_python(case)
        by_rule, codes = read_by_oracle(case)
        why, reasons = verdict(ours, python, by_rule, codes)
        if args.only is not None:
            show(number, case, ours, python, by_rule, codes, why or "as it should be")
        elif why:
            defects += 1
            if defects <= args.show:
                show(number, case, ours, python, by_rule, codes, why)
        elif reasons:
            listed[reasons] += 1
        else:
            same += 1
    print("%d the same, %d different as listed, %d defects (seed %s)" % (
        same, sum(listed.values()), defects, args.seed))
    for reasons, count in listed.most_common(40):
        print("  %6d %s" % (count, ", ".join(reasons)))
    return 1 if defects else 0


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.exit(main())
