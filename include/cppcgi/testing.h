// Calls handlers in memory, for unit tests without a server. A handler is named once in
// the test, and called by the first part of the path:
//
//     #include <cppcgi/testing.h>
//     CPPCGI_TEST_HANDLER(greet)                 // from greet.cc, linked in
//
//     TEST(Greet, EscapesTheName) {
//         auto page = cppcgi::testing::get("/greet?first=<b>");
//         EXPECT_EQ(page.status, 200);
//         EXPECT_NE(page.body.find("&lt;b&gt;"), std::string::npos);
//     }
//
// Heads, limits and error pages are checked as a server does it; CPPCGI_CHILD_START runs
// before the first call, CPPCGI_CHILD_STOP at the end of the program. Plain values; any thread,
// one at a time for a Client.
#ifndef CPPCGI_TESTING_H
#define CPPCGI_TESTING_H

#include <cppcgi/abi.h>
#include <cppcgi/api.h>
#include <cppcgi/limits.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cppcgi::testing {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// What a handler answered.
struct Page {
    int status = 0;    // 0 for an internal redirect: its URL is the header Location
    std::string head;  // "Status: 200\r\nContent-Type: ...", without the blank line
    Pairs headers;     // the same in pieces, in order
    std::string body;
    Pairs cookies;    // set by this page, without their attributes
    std::string log;  // what a server's error log would have, line by line
    // False when the handler failed after a part of the page had left.
    bool complete = true;

    // The first header of that name, in any case.
    CPPCGI_API std::optional<std::string_view> header(std::string_view name) const;
    CPPCGI_API std::optional<std::string_view> cookie(std::string_view name) const;
};

// What comes with a request beside its path and its body.
struct Options {
    Pairs headers = {};
    Pairs cookies = {};
    Pairs params = {};   // CppCGIParam
    Pairs environ = {};  // further variables: REMOTE_USER, HTTPS
    Limits limits = {};
};

// One part of an upload; without a file name a field like others.
struct Part {
    std::string name;
    std::string content;
    std::optional<std::string> filename = std::nullopt;
    std::optional<std::string> type = std::nullopt;
};

// Keeps the cookies that pages set, and sends them back.
class CPPCGI_API Client {
public:
    Page get(std::string_view url, const Options& options = {});
    Page head(std::string_view url, const Options& options = {});
    // An urlencoded form.
    Page post(std::string_view url, const Pairs& form, const Options& options = {});
    // A form as multipart/form-data.
    Page upload(std::string_view url, const std::vector<Part>& parts,
                const Options& options = {});
    // Any method and body; its Content-Type is among the headers.
    Page send(std::string_view method, std::string_view url, std::string_view body,
              const Options& options = {});

    const Pairs& cookies() const noexcept { return cookies_; }

private:
    Pairs cookies_;
};

inline Page get(std::string_view url, const Options& options = {}) {
    return Client().get(url, options);
}
inline Page head(std::string_view url, const Options& options = {}) {
    return Client().head(url, options);
}
inline Page post(std::string_view url, const Pairs& form, const Options& options = {}) {
    return Client().post(url, form, options);
}
inline Page upload(std::string_view url, const std::vector<Part>& parts,
                   const Options& options = {}) {
    return Client().upload(url, parts, options);
}
inline Page send(std::string_view method, std::string_view url, std::string_view body,
                 const Options& options = {}) {
    return Client().send(method, url, body, options);
}

// What CPPCGI_TEST_HANDLER makes.
struct CPPCGI_API TestedHandler {
    TestedHandler(const char* handler_name, cppcgi_entry handler_entry);

    const char* name;
    cppcgi_entry entry;
    const TestedHandler* next;
};

}  // namespace cppcgi::testing

// Makes a handler known to the functions above: "/NAME" calls it, and with only one handler
// known every path does. At file level, once in a program.
#define CPPCGI_TEST_HANDLER(handler)                                                   \
    extern "C" void cppcgi_entry_##handler(const ::cppcgi_gateway*, void*,             \
                                           ::cppcgi_outcome*);                         \
    static const ::cppcgi::testing::TestedHandler cppcgi_tested_##handler(             \
        #handler, &cppcgi_entry_##handler);

#endif
