// A text of several lines.
#include <cppcgi.h>
namespace cgi = cppcgi;

CPPCGI_HANDLER(textarea, req, res) {
    const cgi::FieldStorage& form = req.form();
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Text area</title></head>
<body>
<h1>Text area</h1>
<p>Entered text:</p>
<pre>{}</pre>
<form action="{}">
<p><textarea name="textcontent" cols="40" rows="4">Type your text here ...</textarea></p>
<p><button>Send by GET</button> <button formmethod="post">Send by POST</button></p>
</form>
</body>
</html>
)",
             form.getfirst("textcontent", "(nothing yet)"), req.script_name());
}
CPPCGI_MAIN(textarea)
