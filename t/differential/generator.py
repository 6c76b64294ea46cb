"""Makes random requests with forms: mostly what browsers and programs send, with something
odd in every second one. A case is reproduced by its seed and number alone.
"""
import random

WORDS = ["a", "b", "name", "first name", "x[]", "f\u00fc\u00df", "\u65e5\u672c", "a&b",
         "a=b", "100%", "a+b", "a;b", "", " ", "<b>", "C:\\x\\y", "../../x", "q\"q", "'"]
NAMES = ["a", "b", "c", "name", "file", "x[]", "f\u00fc\u00df"]
BOUNDARY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_-./:"
TYPES = ["text/plain", "text/plain; charset=utf-8", "application/octet-stream",
         "image/png", "TEXT/html", "text/plain; charset=\"iso-8859-1\"; format=flowed"]


class Case:
    """One request; `body` is None where none is sent."""

    def __init__(self, seed, number):
        self.random = random.Random("%s/%d" % (seed, number))
        self.method = "POST"
        self.content_type = None
        self.query = b""
        self.body = None
        self.options = {}
        self.chunks = None  # sizes of chunks, or None for a Content-Length
        self.make()

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def choose(self, *items):
        return self.random.choice(items)

    def make(self):
        kind = self.random.randrange(100)
        if kind < 25:
            self.method = self.choose("GET", "GET", "HEAD", "GET")
            if self.method == "HEAD":
                self.method = "GET"  # its answer has no body to compare
            self.query = self.query_bytes()
        elif kind < 50:
            self.content_type = self.choose(
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded; charset=utf-8")
            self.body = self.urlencoded()
            if self.chance(30):
                self.query = self.query_bytes()
            if self.chance(10):
                self.method = self.choose("PUT", "PATCH", "DELETE")
            elif self.chance(10):
                self.content_type = None
        elif kind < 97:
            self.make_multipart()
        else:
            self.content_type = self.choose("application/json", "text/plain", "text/xml")
            self.body = self.data(200)
        self.add_options()
        if self.body is not None and self.chance(30):
            self.chunks = [self.random.randrange(1, 40) for _ in range(7)]

    # ---------------------------------------------------------------- options
    def add_options(self):
        if self.chance(40):
            self.options["keep_blank_values"] = 1
        if self.chance(8):
            self.options["strict_parsing"] = 1
        if self.chance(6):
            self.options["separator"] = ";"
        if self.chance(10):
            self.options["max_num_fields"] = self.random.randrange(0, 8)
        if self.chance(10):
            self.options["encoding"] = self.choose("iso-8859-1", "us-ascii", "utf-8")
        if self.chance(10):
            self.options["errors"] = self.choose("ignore", "strict", "replace")

    # ---------------------------------------------------------------- urlencoded
    def escaped(self, text):
        out = bytearray()
        style = self.random.randrange(4)
        for byte in text.encode():
            char = chr(byte)
            if char.isalnum() and byte < 128 and style != 3:
                out.append(byte)
            elif char == " " and style != 1:
                out += b"+"
            else:
                out += self.choose(b"%%%02X", b"%%%02x") % byte
        return bytes(out)

    def piece(self):
        odd = self.random.randrange(30)
        name, value = self.escaped(self.choose(*WORDS)), self.escaped(self.choose(*WORDS))
        if odd == 0:
            return name
        if odd == 1:
            return b""
        if odd == 2:
            return name + b"=" + value + b"=" + value
        if odd == 3:
            return name + b"=%" + self.choose(b"", b"4", b"zz", b"%41", b"u0041")
        if odd == 4:
            return b"=" + value
        if odd == 5:
            return name + b"=" + self.choose(b"%FF", b"%C3", b"%80abc", b"%E2%82", b"%00")
        if odd == 6:
            return name + b"=" + self.escaped("x" * self.random.randrange(2000))
        return name + b"=" + value

    def urlencoded(self):
        separator = self.choose(b"&", b"&", b"&", b"&", b"&", b"&", b"&", b"&", b";")
        data = separator.join(self.piece() for _ in range(self.random.randrange(7)))
        if self.chance(3):
            data += self.choose(b"\xff", b"\xc3\xbc", b"=\xe6%E6", b"\r\n", b"&x=\xff")
        return data

    def query_bytes(self):
        return bytes(byte for byte in self.urlencoded() if 32 < byte < 127)

    # ---------------------------------------------------------------- multipart
    def make_multipart(self):
        boundary = self.boundary()
        written = boundary
        if self.chance(20) or not boundary.replace("-", "").isalnum():
            written = '"%s"' % boundary
        self.content_type = "%s%sboundary=%s%s" % (
            self.choose("multipart/form-data", "multipart/form-data",
                        "multipart/form-data", "multipart/mixed", "multipart/related"),
            self.choose("; ", ";", " ; "), written,
            self.choose("", "", "", "", "; charset=utf-8"))
        if self.chance(1):
            self.content_type = self.choose(
                "multipart/form-data", "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\"" + boundary,
                "Multipart/Form-Data; Boundary=" + written,
                self.content_type + "; boundary=other")
        self.body = self.multipart(boundary, 0)
        if self.chance(4):
            self.body = self.body[:self.random.randrange(len(self.body) + 1)]
        if self.chance(4):
            self.body = self.mutated(self.body)
        if self.chance(15):
            self.query = self.query_bytes()

    def boundary(self):
        odd = self.random.randrange(40)
        if odd == 0:
            return self.random.choice(BOUNDARY)
        length = 70 if odd == 1 else self.random.randrange(71, 200) if odd == 2 else 20
        front = self.choose("----WebKitFormBoundary", "-----------------------------", "",
                            "--", "X")
        return (front + "".join(self.random.choice(BOUNDARY) for _ in range(length)))[
            :max(length, 1)]

    def end(self):
        """A line's end, as this body has them."""
        if self.line_end == "mixed":
            return self.choose(b"\r\n", b"\n")
        return self.line_end

    def multipart(self, boundary, depth):
        if depth == 0:
            self.line_end = b"\r\n"
            if self.chance(8):
                self.line_end = self.choose(b"\n", "mixed")
        delimiter = b"--" + boundary.encode()
        out = b""
        if self.chance(5):
            out += self.choose(b"preamble", b"", b"--", b"- -" + delimiter, b" ") + self.end()
        for _ in range(self.random.randrange(1, 5) if depth else self.random.randrange(7)):
            out += delimiter + self.padding() + self.end()
            if self.chance(1):
                continue  # a delimiter directly behind a delimiter
            out += self.part(boundary, depth)
            if not (out.endswith(b"\n") and self.chance(20)):
                out += self.end()
        out += delimiter
        if not self.chance(2):
            out += b"--"
        out += self.choose(b"\r\n", b"\r\n", b"\r\n", b"", b"\r\nepilogue", b"\n", b"  ")
        if self.chance(1):
            out += self.choose(b"x", b"--", delimiter + b"\r\n" + self.part(boundary, depth))
        return out

    def padding(self):
        return self.choose(b" ", b"\t ", b"  ") if self.chance(3) else b""

    def part(self, boundary, depth):
        head = b""
        nested = self.chance(8) and depth < 3
        lines = [self.disposition(nested)]
        inner = None
        if nested:
            inner = self.boundary()
            if self.chance(3):
                inner = boundary + self.choose("x", "--", "--x", "")
            lines.append('Content-Type: multipart/%s; boundary="%s"'
                         % (self.choose("mixed", "alternative", "digest"), inner))
        elif self.chance(35):
            lines.append(self.choose("Content-Type: ", "content-type:", "Content-type:  ")
                         + self.choose(*TYPES))
        lines += self.odd_head_lines()
        self.random.shuffle(lines)
        for line in lines:
            if line:
                head += line.encode("utf-8", "surrogateescape") + self.end()
        body = self.multipart(inner, depth + 1) if nested else self.data(80, boundary)
        return head + self.end() + body

    def odd_head_lines(self):
        odd = self.random.randrange(160)
        if odd < 4:
            return ["Content-Transfer-Encoding: " + self.choose("base64", "8bit", "binary",
                                                                "quoted-printable")]
        return {4: ["Content-Length: 3"], 5: ["X-Long: " + "x" * 3000],
                6: ["no colon"], 7: ["bad name: x"], 8: [": empty"], 9: [" "],
                10: ["X-Stray: a\rb"], 11: ["Content-Disposition: form-data; name=two"],
                12: ["X-Odd: \udcff\udcfe"], 13: ["X-Empty:"],
                14: ["Content-Type: application/x-www-form-urlencoded"],
                15: ["X-Huge: " + "x" * 17000], 16: ["X: --"]}.get(odd, [])

    def quoted(self, text):
        escaped = text.replace("\\", "\\\\") if self.chance(50) else text
        return '"%s"' % escaped.replace('"', self.choose('\\"', "%22"))

    def disposition(self, nested):
        odd = self.random.randrange(60)
        if odd == 0:
            return ""
        name = self.choose(*NAMES) if self.chance(80) else self.choose(*WORDS)
        text = self.choose("form-data", "form-data", "form-data", "attachment", "file")
        if odd == 1:
            parameters = []
        elif odd == 2:
            parameters = ["name=" + "".join(c for c in name if c.isalnum())]
        elif odd == 3:
            parameters = ["NAME=" + self.quoted(name)]
        elif odd == 4:
            parameters = ["name=" + self.quoted(name), "name=" + self.quoted("again")]
        elif odd == 5:
            parameters = ["name=" + self.quoted(name) + ";\r\n\t"]
        elif odd == 6:
            parameters = ['name="' + name.encode("latin-1", "ignore").decode(
                "utf-8", "surrogateescape").replace('"', "") + '"']
        else:
            parameters = ["name=" + self.quoted(name)]
        if self.chance(25) and not nested:
            parameters.append("filename=" + self.quoted(self.choose(
                "a.txt", "", "C:\\dir\\a.txt", "/etc/passwd", "b\u00fc.png", "a;b.txt",
                "q\"q", "..", "a\\\"; name=x", "x" * 300)))
        elif self.chance(2):
            parameters.append("filename*=" + self.choose(
                "UTF-8''b%C3%BC.png", "utf-8'en'a", "iso-8859-1''%A3", "broken", "x''y",
                "UTF-8''%zz"))
        if self.chance(5):
            self.random.shuffle(parameters)
        if self.chance(3):
            parameters.append(self.choose("x=1", "size=3", "flag", "x=\"a;b\"", ""))
        space = self.choose("; ", "; ", "; ", ";", " ; ")
        return self.choose("Content-Disposition: ", "content-disposition:",
                           "CONTENT-DISPOSITION: ") + space.join([text] + parameters)

    # ---------------------------------------------------------------- data
    def data(self, length, boundary=""):
        odd = self.random.randrange(40)
        near = boundary.encode()
        if odd < 6 and boundary:
            line = self.choose(b"--" + near + b"x", b"--" + near[:-1], b"-" + near,
                               b" --" + near, b"--" + near + b"-", b"--", b"--" + near + b" x",
                               b"--" + near.swapcase() + b"!", b"--" + near + b"\r\r")
            return self.choose(b"", b"text\r\n", b"\n", b"\r") + line + self.choose(
                b"", b"\r\n", b"\r\nmore", b"\n")
        if odd < 10:
            return b"".join(self.choose(b"\r", b"\n", b"\r\n", b"x", b"-", b"--")
                            for _ in range(self.random.randrange(30)))
        if odd < 13:
            return bytes(self.random.randrange(256)
                         for _ in range(self.random.randrange(length)))
        if odd == 13:
            return b""
        if odd == 14:
            size = self.choose(999, 1000, 1001, 4096, 8191, 65535, 65536, 65537, 70000)
            unit = self.choose(b"x", b"line\r\n", b"\r", b"\xc3\xbc", b"\r\n")
            return unit * (size // len(unit))
        return self.choose(*WORDS).encode() * self.random.randrange(4)

    def mutated(self, body):
        body = bytearray(body)
        for _ in range(self.random.randrange(1, 4)):
            if not body:
                break
            at = self.random.randrange(len(body))
            what = self.random.randrange(4)
            if what == 0:
                body[at] = self.random.choice(b"\r\n-;:=\"\\ \t\0x")
            elif what == 1:
                del body[at]
            elif what == 2:
                body.insert(at, self.random.choice(b"\r\n-;:=\"\\ \t\0x"))
            else:
                end = min(len(body), at + self.random.randrange(40))
                body[at:at] = body[at:end]
        return bytes(body)
