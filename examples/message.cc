// Shows the message that was sent last, and a form for the next one.
#include <cppcgi.h>
namespace cgi = cppcgi;

CPPCGI_HANDLER(message, req, res) {
    const cgi::FieldStorage& form = req.form();
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Message</title></head>
<body>
<h1>Message</h1>
<p>Previous message: {}</p>
<form action="{}">
<p><label>Message <input name="message"></label></p>
<p><button>Send by GET</button> <button formmethod="post">Send by POST</button></p>
</form>
</body>
</html>
)",
             form.getvalue("message", "(no message)"), req.script_name());
}
CPPCGI_MAIN(message)
