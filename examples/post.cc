// For the benchmark: writes the request body back as it came. nosniff keeps a browser from
// taking what somebody else's form sent here for a page.
#include <cppcgi.h>

#include <istream>
namespace cgi = cppcgi;

CPPCGI_HANDLER(post, req, res) {
    res.content_type("text/plain; charset=utf-8");
    res.header("X-Content-Type-Options", "nosniff");
    std::istream& body = req.body();
    char block[4096];
    while (body.read(block, sizeof block) || body.gcount() > 0)
        res.write({block, static_cast<std::size_t>(body.gcount())});
    if (body.bad()) throw cgi::Error(400, "the body broke off");
}
CPPCGI_MAIN(post)
