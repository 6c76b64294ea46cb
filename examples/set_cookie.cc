// Sets the cookies UserID and Password, with the attributes the form asks for. (A real
// site keeps no password in a cookie: the names are those every CGI tutorial has.)
#include <cppcgi.h>

#include <chrono>
#include <string_view>
namespace cgi = cppcgi;

namespace {

cgi::Cookie make_cookie(std::string_view name, std::string_view value,
                        const cgi::FieldStorage& form) {
    cgi::Cookie cookie(name, value);
    cookie.path(form.getfirst("Path", "/"));
    cookie.domain(form.getfirst("Domain"));  // empty: this host only
    cookie.httponly().samesite("Lax");
    if (auto expires = form.getvalue("Expires"))
        cookie.expires(*expires);
    else
        cookie.expires(std::chrono::system_clock::now() + std::chrono::hours(1));
    // Response::cookie() would throw and the client see 500; this is the client's fault.
    if (auto refusal = cookie.refusal()) throw cgi::Error(400, *refusal);
    return cookie;
}

}  // namespace

CPPCGI_HANDLER(set_cookie, req, res) {
    const cgi::FieldStorage& form = req.form();
    const auto user = form.getfirst("UserID", "XYZ");
    const auto password = form.getfirst("Password", "XYZ123");
    res.cookie(make_cookie("UserID", user, form));
    res.cookie(make_cookie("Password", password, form));
    res.html(R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Setting cookies</title></head>
<body>
<h1>Setting cookies</h1>
<p>Cookies set: UserID is {}, Password is {}.
The page <a href="get_cookie">get_cookie</a> shows what comes back.</p>
<form action="{}">
<p><label>UserID <input name="UserID" value="{}"></label></p>
<p><label>Password <input name="Password" value="{}"></label></p>
<p><label>Domain <input name="Domain"></label> (this host when empty)</p>
<p><label>Path <input name="Path" value="/"></label></p>
<p><label>Expires <input name="Expires" size="32"></label> (in an hour when empty)</p>
<p><button>Send by GET</button> <button formmethod="post">Send by POST</button></p>
</form>
</body>
</html>
)",
             user, password, req.script_name(), user, password);
}
CPPCGI_MAIN(set_cookie)
