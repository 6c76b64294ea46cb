// Two checkboxes. A browser sends "maths=on" for a ticked one and nothing for another.
#include <cppcgi.h>
namespace cgi = cppcgi;

CPPCGI_HANDLER(checkbox, req, res) {
    const cgi::FieldStorage& form = req.form();
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Checkboxes</title></head>
<body>
<h1>Checkboxes</h1>
<p>Maths is {}.</p>
<p>Physics is {}.</p>
<form action="{}">
<p><label><input type="checkbox" name="maths"> Maths</label></p>
<p><label><input type="checkbox" name="physics"> Physics</label></p>
<p><button>Send by GET</button> <button formmethod="post">Send by POST</button></p>
</form>
</body>
</html>
)",
             form.contains("maths") ? "on" : "off",
             form.contains("physics") ? "on" : "off", req.script_name());
}
CPPCGI_MAIN(checkbox)
