// One choice among radio buttons.
#include <cppcgi.h>
namespace cgi = cppcgi;

CPPCGI_HANDLER(radiobutton, req, res) {
    const cgi::FieldStorage& form = req.form();
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Radio buttons</title></head>
<body>
<h1>Radio buttons</h1>
<p>Selected subject: {}</p>
<form action="{}">
<p><label><input type="radio" name="subject" value="maths" checked> Maths</label></p>
<p><label><input type="radio" name="subject" value="physics"> Physics</label></p>
<p><button>Send by GET</button> <button formmethod="post">Send by POST</button></p>
</form>
</body>
</html>
)",
             form.getfirst("subject", "(none)"), req.script_name());
}
CPPCGI_MAIN(radiobutton)
