// The CGI environment as a table.
#include <cppcgi.h>

#include <map>
#include <string_view>

CPPCGI_HANDLER(get_env, req, res) {
    const std::map<std::string_view, std::string_view> sorted(req.environ().begin(),
                                                              req.environ().end());
    res << R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>CGI environment</title></head>
<body>
<h1>CGI environment</h1>
<table>
)";
    for (const auto& [name, value] : sorted)
        res.html("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, value);
    res << "</table>\n</body>\n</html>\n";
}
CPPCGI_MAIN(get_env)
