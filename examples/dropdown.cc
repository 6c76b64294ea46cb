// One choice from a drop-down list, or several from a longer one.
#include <cppcgi.h>

#include <string_view>
namespace cgi = cppcgi;

CPPCGI_HANDLER(dropdown, req, res) {
    const cgi::FieldStorage& form = req.form();
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Drop-down list</title></head>
<body>
<h1>Drop-down list</h1>
<p>Selected subject: {}</p>
<ul>
)",
             form.getfirst("dropdown", "(none)"));
    for (std::string_view language : form.getlist("language"))
        res.html("<li>{}</li>\n", language);
    res.html(R"(</ul>
<form action="{}">
<p><label>Subject
<select name="dropdown">
<option value="maths" selected>Maths</option>
<option value="physics">Physics</option>
</select></label></p>
<p><label>Languages
<select name="language" multiple>
<option>C++</option>
<option>Python</option>
<option>Shell</option>
</select></label></p>
<p><button>Send by GET</button> <button formmethod="post">Send by POST</button></p>
</form>
</body>
</html>
)",
             req.script_name());
}
CPPCGI_MAIN(dropdown)
