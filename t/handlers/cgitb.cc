// Fails in every way there is, as the path says: compiled by the tests at -O2 -g with each
// compiler, so the line of each throw carries a mark that they look for.
#include <cppcgi.h>

#include <cstdio>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace cgi = cppcgi;

namespace {

struct OfItsOwn {
    int number;
};

std::size_t huge() { return static_cast<std::size_t>(-1) / 4; }

int deep(std::string_view kind, const std::string& text) {
    const std::vector<int> three(3);
    if (kind == "standard") throw std::out_of_range(text);         // MARK standard
    if (kind == "own") throw OfItsOwn{7};                          // MARK own
    if (kind == "int") throw 42;                                   // MARK int
    if (kind == "text") throw "a text";                            // MARK text
    if (kind == "at") return three.at(text.size() + 3);            // MARK at
    if (kind == "stoi") return std::stoi("seven" + text);          // MARK stoi
    if (kind == "alloc") return *std::vector<int>(huge()).data();  // MARK alloc
    if (kind == "500") throw cgi::Error(500, text);                // MARK 500
    if (kind == "404") throw cgi::Error(404, text);
    if (kind == "rethrow") {
        try {
            throw std::runtime_error("first");
        } catch (...) {
            throw;  // MARK rethrow
        }
    }
    if (kind == "nested") {
        try {
            try {
                throw OfItsOwn{8};
            } catch (...) {
                std::throw_with_nested(std::logic_error("inner " + text));
            }
        } catch (...) {
            std::throw_with_nested(std::runtime_error("outer"));  // MARK nested
        }
    }
    return 0;
}

// Not inlined: three frames of their own in the stack.
[[gnu::noinline]] int middle(std::string_view kind, const std::string& text) {
    return deep(kind, text) + 1;
}

[[gnu::noinline]] int upper(std::string_view kind, const std::string& text) {
    return middle(kind, text) + 2;
}

int recurse(int depth) {
    volatile int left = depth;
    if (left == 0) throw std::runtime_error("at the bottom");
    return recurse(left - 1) + 1;
}

}  // namespace

CPPCGI_HANDLER(cgitb, req, res) {
    const std::string_view kind = req.path_info().substr(1);
    const std::string text(req.form().getfirst("text"));
    const std::string dir(req.param("dir").value_or(""));
    if (req.form().contains("show")) cgi::cgitb::enable();
    if (req.form().contains("secrets")) cgi::cgitb::enable({.show_secrets = true});
    if (req.form().contains("file"))
        cgi::cgitb::enable({.display = false, .logdir = dir});
    res.header("X-Of-The-Handler", "yes");
    res << "<title>half a page</title><!-- <textarea><script>'";
    if (req.form().contains("flush")) res.flush();
    if (kind == "recursion") recurse(static_cast<int>(text.size()));
    if (kind == "caught") {
        try {
            upper("standard", "caught within");
        } catch (const std::out_of_range&) {
        }
    }
    res << upper(kind, text);
}

CPPCGI_MAIN(cgitb)
