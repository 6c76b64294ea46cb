// For the benchmark: the whole CGI environment, a short query, a page of 300 bytes.
#include <cppcgi.h>
namespace cgi = cppcgi;

CPPCGI_HANDLER(form, req, res) {
    const cgi::FieldStorage& fields = req.form();
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><title>Form</title></head>
<body>
<h1>Hello {} {}</h1>
<p>{} variables make up the environment of this request, and {} fields its form.</p>
<p>This page is about 300 bytes long, as those are that the other servers send.</p>
</body>
</html>
)",
             fields.getfirst("first_name", "you"), fields.getfirst("last_name"),
             req.environ().size(), fields.size());
}
CPPCGI_MAIN(form)
