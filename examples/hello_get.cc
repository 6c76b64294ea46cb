// Two text fields. The form can be sent by GET and by POST: the handler sees no difference.
#include <cppcgi.h>
namespace cgi = cppcgi;

CPPCGI_HANDLER(hello_get, req, res) {
    const cgi::FieldStorage& form = req.form();
    // html() escapes what stands for {}, so that a name with a < in it stays a name.
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Hello by form</title></head>
<body>
<h1>Hello {} {}</h1>
<form action="{}">
<p><label>First name <input name="first_name" value="{}"></label></p>
<p><label>Last name <input name="last_name" value="{}"></label></p>
<p><button>Send by GET</button> <button formmethod="post">Send by POST</button></p>
</form>
</body>
</html>
)",
             form.getfirst("first_name", "you"), form.getfirst("last_name"),
             req.script_name(), form.getfirst("first_name"),
             form.getfirst("last_name"));
}
CPPCGI_MAIN(hello_get)
