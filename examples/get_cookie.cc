// Shows the cookies that the client sent. It sends names and values only: Expires, Domain
// and Path stay in the browser.
#include <cppcgi.h>
namespace cgi = cppcgi;

CPPCGI_HANDLER(get_cookie, req, res) {
    const cgi::Cookies& cookies = req.cookies();
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Reading cookies</title></head>
<body>
<h1>Reading cookies</h1>
<p>UserID = {}</p>
<p>Password = {}</p>
<h2>All cookies, as they came</h2>
<ul>
)",
             cookies.get("UserID", "(not set)"), cookies.get("Password", "(not set)"));
    for (const auto& [name, value] : cookies)
        res.html("<li>{} = {}</li>\n", name, value);
    res << "</ul>\n</body>\n</html>\n";
}
CPPCGI_MAIN(get_cookie)
