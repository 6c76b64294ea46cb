"""Reads a form as DECISIONS says, slowly and plainly, and notes by its code each point
where that differs from what Python's cgi does. Whole buffers, no thought of speed: what
the real parsers are held against, and what explains a difference from Python.
"""
import re

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
SPACE = b" \t"
MAX_PART_HEADER = 16384
MAX_NESTING = 2


class Fault(Exception):
    """The form is refused; `kind` is the word that `inspect` has for it."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


class Options:
    def __init__(self, keep_blank_values=False, strict_parsing=False, separator="&",
                 max_num_fields=None, encoding="utf-8", errors="replace"):
        self.keep_blank_values = keep_blank_values
        self.strict_parsing = strict_parsing
        self.separator = separator.encode()
        self.max_num_fields = max_num_fields
        self.encoding = encoding
        self.errors = errors


class Form:
    """fields, error (a kind or None) and codes (of DECISIONS) of one request."""

    def __init__(self, method, content_type, query, body, options):
        self.options = options
        self.fields = []
        self.error = None
        self.codes = set()
        self.count = 0
        self.undecodable = False
        self.is_multipart = False
        try:
            self.read(method, content_type, query, body)
            if self.undecodable:
                self.error = "bad_encoding"
        except Fault as fault:
            self.error = fault.kind

    def read(self, method, content_type, query, body):
        if method in ("GET", "HEAD"):
            self.read_urlencoded(query)
            return
        if content_type is None:
            content_type = (b"application/x-www-form-urlencoded" if method == "POST"
                            else b"text/plain")
        media_type, parameters = self.read_parameters(content_type)
        lower = media_type.lower()
        if lower != media_type:
            self.codes.add("CASE")
        if lower == b"application/x-www-form-urlencoded":
            if query and (not body or self.options.separator != b"&"):
                self.codes.add("qs_on_post")
            self.read_urlencoded(body)
            self.read_urlencoded(query)
        elif lower.startswith(b"multipart/"):
            self.is_multipart = True
            boundary = self.boundary(parameters, body)
            self.read_urlencoded(query)
            Multipart(self, body, [boundary], self.fields).read()
        else:
            self.codes.add("RAW-BODY")
            self.fields.append({"name": None, "filename": None, "value": body,
                                "type": self.text(media_type)})

    # ---------------------------------------------------------------- text
    def text(self, data):
        try:
            return data.decode(self.options.encoding, self.options.errors)
        except UnicodeDecodeError:
            self.undecodable = True  # told at the end: other faults come first
            return ""

    def count_field(self):
        self.count += 1
        limit = self.options.max_num_fields
        if limit is not None and self.count > limit:
            raise Fault("too_many_fields")

    # ---------------------------------------------------------------- urlencoded
    def read_urlencoded(self, data):
        if not data:
            return
        if any(byte >= 128 for byte in data):
            self.codes.add("high octets")
        for piece in data.split(self.options.separator):
            self.count_field()
            if not piece and not self.options.strict_parsing:
                self.drop_piece()
                continue
            name, equals, value = piece.partition(b"=")
            if not equals:
                if self.options.strict_parsing:
                    raise Fault("bad_query_field")
                if not self.options.keep_blank_values:
                    self.drop_piece()
                    continue
            if not value and not self.options.keep_blank_values:
                self.drop_piece()
            if value or self.options.keep_blank_values:
                raw = unquote(value)
                if self.options.errors == "ignore" and not self.text(raw):
                    self.codes.add("blank by errors=ignore")
                self.fields.append({"name": self.text(unquote(name)), "filename": None,
                                    "value": raw, "text": self.text(raw)})

    def drop_piece(self):
        if self.is_multipart and self.options.max_num_fields is not None:
            self.codes.add("what max_num_fields counts")  # Python: what it kept

    # ---------------------------------------------------------------- parameters
    def read_parameters(self, value):
        """Main value and [(name, value)], quoted strings read properly."""
        main, _, rest = value.partition(b";")
        if b'"' in main:
            self.codes.add("QUOTE-LEGACY")
        parameters = []
        while rest:
            rest = rest.lstrip(SPACE)
            name = re.match(rb"[^=;]*", rest).group()
            rest = rest[len(name):]
            if b'"' in name:
                self.codes.add("QUOTE-LEGACY")
            if not rest.startswith(b"="):
                rest = rest[1:]
                continue
            text, rest = self.parameter_value(rest[1:])
            parameters.append((name.strip(SPACE).lower(), text))
        return main.strip(SPACE), parameters

    def parameter_value(self, rest):
        stripped = rest.lstrip(SPACE)
        quoted = re.match(rb'"((?:[^"\\]|\\.)*)"[ \t]*(?=;|\Z)', stripped, re.S)
        if quoted:
            text = re.sub(rb'\\(["\\])', rb"\1", quoted.group(1))
            if b"\\" in quoted.group(1):
                self.codes.add("quoted strings")
            return text, stripped[quoted.end() + 1:]
        if b'"' in stripped:
            # Whatever comes out is right that neither fails nor invents fields.
            self.codes.add("QUOTE-LEGACY")
        text, _, rest = stripped.partition(b";")
        return text.rstrip(SPACE), rest

    def boundary(self, parameters, body):
        values = [value for name, value in parameters if name == b"boundary"]
        if len(values) > 1:
            self.codes.add("BOUNDARY")
            raise Fault("bad_boundary")
        if not values or not values[0]:
            raise Fault("bad_boundary")
        value = values[0]
        if len(value) > 200 or not re.match(rb"[ -~]*[!-~]\Z", value):
            self.codes.add("BOUNDARY")
            raise Fault("bad_boundary")
        usual = re.match(rb"[0-9A-Za-z'()+_,\-./:=? ]{1,70}\Z", value)
        if not usual and b"--" + value not in body:
            self.codes.add("BOUNDARY")
            raise Fault("bad_boundary")
        return value


def unquote(data):
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match.group(1), 16)]),
                  data.replace(b"+", b" "))


class Multipart:
    """One multipart body; `boundaries` are those of the bodies around it, outermost
    first, and its own."""

    def __init__(self, form, body, boundaries, fields, start=0):
        self.form = form
        self.body = body
        self.boundaries = boundaries
        self.fields = fields
        self.at = start
        self.ended_by = None  # (index in boundaries, closed) of the delimiter

    # ---------------------------------------------------------------- lines
    def line(self):
        """The next line with its end; b"" at the end of the body."""
        end = self.body.find(b"\n", self.at)
        end = len(self.body) if end < 0 else end + 1
        line = self.body[self.at:end]
        self.at = end
        return line

    def delimiter(self, line):
        """(index in boundaries, closed), or None; outer ones win."""
        if not line.startswith(b"--"):
            return None
        for index, boundary in enumerate(self.boundaries):
            if not line.startswith(b"--" + boundary):
                continue
            rest = line[2 + len(boundary):]
            if rest.startswith(b"--"):
                if rest.strip() != b"--":
                    self.form.codes.add("AFTER-CLOSE")
                return index, True
            if re.match(rb"[ \t]*(?:\r?\n|\Z)", rest) and not rest.endswith(b"\r"):
                return index, False
            if not rest.strip():
                self.form.codes.add("NEARMISS-CR")
        return None

    # ---------------------------------------------------------------- body
    def read(self):
        own = len(self.boundaries) - 1
        text_before = False
        before = b""
        found = None
        while True:
            line = self.line()
            if not line:
                break
            found = self.delimiter(line)
            if found:
                break
            text_before = text_before or bool(line.strip())
            before += line
            if line.strip() in (b"--" + self.boundaries[-1],
                                b"--" + self.boundaries[-1] + b"--"):
                self.form.codes.add("white space before the first delimiter")
        if not found and not self.body and own == 0:
            return
        if found and found[0] != own and before in (b"", b"\n", b"\r\n"):
            self.ended_by = found  # an empty body, as at the top: the line end is not its
            return
        if not found or found[0] != own or (found[1] and text_before):
            self.form.codes.add("NO-DELIM")
            raise Fault("malformed")
        if found[1]:
            self.form.codes.add("CLOSE-FIRST")
            self.ended_by = found
            return
        while found and found[0] == own and not found[1]:
            found = self.read_part()
        self.ended_by = found

    def read_part(self):
        """Reads from behind a delimiter to the next; returns that, or None at the end."""
        own = len(self.boundaries) - 1
        head, found = self.read_head()
        if head is None:
            return found
        self.form.count_field()
        field = self.new_field(head)
        self.fields.append(field)
        if field["list"] is not None:
            return self.read_nested(field)
        value = b""
        while True:
            line = self.line()
            found = self.delimiter(line) if line else None
            if not line or found:
                break
            value += line
        if found:
            value = value[:-2] if value.endswith(b"\r\n") else value[:-1]
            field["done"] = 1 if found == (own, True) else 0
            if found[0] != own:
                field["done"] = -1
        else:
            self.form.codes.add("TRUNC")
            field["done"] = -1
        field["value"] = value
        if field["filename"] is None:
            field["text"] = self.form.text(value)
            if self.form.options.encoding == "us-ascii" and len(value) > 900:
                self.form.codes.add("ascii")  # Python's temporary file is us-ascii too
            if not value.isascii() and max(map(len, value.split(b"\n"))) >= 1 << 16:
                self.form.codes.add("long lines")  # decoded in pieces of 64 KB by Python
        return found

    def read_nested(self, field):
        own = len(self.boundaries) - 1
        if len(self.boundaries) > MAX_NESTING:
            raise Fault("too_large")
        inner = field.pop("boundary")
        nested = Multipart(self.form, self.body, self.boundaries + [inner], field["list"],
                           self.at)
        self.form.codes.add("NEST-LOST")
        nested.read()
        self.at = nested.at
        found = nested.ended_by
        if found == (own + 1, True):
            while True:  # the epilogue, up to our own delimiter
                line = self.line()
                found = self.delimiter(line) if line else None
                if not line or found:
                    break
        else:
            self.form.codes.add("TRUNC")
            field["done"] = -1
            return found
        field["done"] = -1 if not found or found[0] != own else 1 if found[1] else 0
        if not found:
            self.form.codes.add("TRUNC")
        return found

    # ---------------------------------------------------------------- heads
    def read_head(self):
        """([(name, value)], None), or (None, found) for a part without head or body."""
        head = []
        size = 0
        while True:
            line = self.line()
            if not line:
                if head:
                    self.form.codes.add("HDR-BAD")
                    raise Fault("truncated")
                return None, None
            if line in (b"\r\n", b"\n"):
                break
            found = self.delimiter(line)
            if found and not head:
                self.form.codes.add("EMPTY-PART")
                if not found[1]:
                    self.form.count_field()
                return None, found
            size += len(line)
            if size > MAX_PART_HEADER:
                self.form.codes.add("HDR-LIMIT")
                raise Fault("header_too_large")
            if found:
                self.bad_head()
            self.add_head_line(head, line)
        return head, None

    def bad_head(self, kind="malformed"):
        self.form.codes.add("HDR-BAD")
        raise Fault(kind)

    def add_head_line(self, head, line):
        if not line.endswith(b"\n"):
            self.bad_head("truncated")
        text = line[:-2] if line.endswith(b"\r\n") else line[:-1]
        if b"\r" in text or not text.strip(SPACE):
            self.bad_head()
        if text[:1] in (b" ", b"\t"):
            if not head:
                self.bad_head()
            self.form.codes.add("FOLD")
            head[-1] = (head[-1][0], head[-1][1] + text)
            return
        if self.form.options.errors == "strict" and not text.isascii():
            self.form.codes.add("errors=strict")
        name, colon, value = text.partition(b":")
        if not colon or not TOKEN.match(name):
            self.bad_head()
        head.append((name.lower(), value))

    def new_field(self, head):
        found = [value for name, value in head if name == b"content-disposition"]
        if len(found) > 1:
            self.bad_head()
        field = {"name": None, "filename": None, "done": 0, "list": None,
                 "disposition": None}
        if found:
            self.read_disposition(field, found[0])
        types = [value for name, value in head if name == b"content-type"]
        media_type, parameters = self.form.read_parameters(types[0] if types
                                                           else b"text/plain")
        field["type"] = self.form.text(media_type)
        if media_type.lower().startswith(b"multipart/"):
            if not media_type.startswith(b"multipart/"):
                self.form.codes.add("CASE")
            field["list"] = []
            field["boundary"] = self.inner_boundary(parameters)
        elif media_type.lower() == b"application/x-www-form-urlencoded":
            self.form.codes.add("URLENC-PART")
        return field

    def read_disposition(self, field, value):
        disposition, parameters = self.form.read_parameters(value)
        names = [name for name, _ in parameters]
        if names.count(b"name") > 1 or names.count(b"filename") > 1:
            self.bad_head()
        options = dict(parameters)
        field["disposition"] = self.form.text(disposition)
        if b"name" in options:
            field["name"] = self.form.text(options[b"name"])
        if b"filename" in options:
            field["filename"] = self.form.text(options[b"filename"])
        elif b"filename*" in options:
            self.form.codes.add("FILENAME-STAR")
            field["filename"] = extended(options[b"filename*"])

    def inner_boundary(self, parameters):
        boundary = self.form.boundary(parameters, self.body)
        for outer in self.boundaries:
            if boundary == outer or (boundary.startswith(outer + b"--") and
                                     len(boundary) > len(outer) + 2):
                self.form.codes.add("NEST-CLOSE")
                raise Fault("bad_boundary")
        return boundary


def extended(value):
    """RFC 8187; the raw text when it is broken."""
    parts = value.split(b"'", 2)
    charsets = {b"utf-8": "utf-8", b"iso-8859-1": "latin-1", b"us-ascii": "ascii"}
    raw = value.decode("utf-8", "replace")
    if len(parts) != 3 or parts[0].lower() not in charsets:
        return raw
    if re.search(rb"%(?![0-9A-Fa-f]{2})", parts[2]):
        return raw
    try:
        text = unquote(parts[2].replace(b"+", b"%2B")).decode(charsets[parts[0].lower()])
    except UnicodeDecodeError:
        return raw
    return raw if re.search(r"[\x00-\x1f\x7f]", text) else text
