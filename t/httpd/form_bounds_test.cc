// Every bound on forms just under and just over, through httpd with and without chunking,
// and forms made to cost: what they take of the server, and what they leave in its log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

constexpr const char* urlencoded = "application/x-www-form-urlencoded";
constexpr const char* multipart = "multipart/form-data; boundary=b";
constexpr const char* xml = "text/xml";

std::string repeated(const std::string& text, std::size_t size) {
    std::string all;
    all.reserve(size + text.size());
    while (all.size() < size) all += text;
    return all;
}

std::string part(const std::string& name, const std::string& value,
                 const std::string& more = "") {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more +
           "\r\n\r\n" + value + "\r\n";
}

std::string file(const std::string& value) {
    return part("f", value, "; filename=\"f\"") + "--b--";
}

std::string parts(int count) {
    std::string body;
    for (int i = 0; i < count; ++i) body += part("n" + std::to_string(i), "v");
    return body + "--b--";
}

std::string with_head_of(std::size_t size) {
    const std::string head = "Content-Disposition: form-data; name=\"a\"\r\nX: \r\n";
    return "--b\r\n" + head.substr(0, head.size() - 2) +
           std::string(size - head.size(), 'x') + "\r\n\r\nv\r\n--b--";
}

std::string nested(int depth) {
    std::string open, close;
    for (int i = 0; i < depth; ++i) {
        const std::string outer =
            std::string("--b") + (i == 0 ? "" : std::to_string(i));
        open += outer + "\r\nContent-Type: multipart/mixed; boundary=b" +
                std::to_string(i + 1) + "\r\n\r\n";
        close = "\r\n" + outer + "--" + close;
    }
    const std::string inner = "--b" + std::to_string(depth);
    return open + inner + "\r\n\r\nv\r\n" + inner + "--" + close;
}

struct Bound {
    const char* directive;  // and its value
    const char* type;
    std::string under;
    std::string over;
    std::string query = {};
};

class FormBounds : public HttpdTest {
protected:
    // One location for each of the directives, and /wide without bounds that matter.
    void start(const std::vector<std::string>& directives) {
        std::string config =
            "CppCGILibrary ${TEST_HANDLERS}/trouble.so\nCppCGISpoolDir ${ROOT}/spool\n"
            "LimitRequestLine 100000\n"
            "<Location /default>\nCppCGIHandler trouble:spooled\n</Location>\n"
            "<Location /wide>\nCppCGIHandler trouble:spooled\nCppCGIMaxFields "
            "20000000\n"
            "CppCGIMaxMemory 16M\nCppCGIMaxPartHeader 1M\n</Location>\n";
        for (std::size_t i = 0; i < directives.size(); ++i) {
            config += "<Location /bound" + std::to_string(i) +
                      ">\nCppCGIHandler trouble:spooled\n" + directives[i] +
                      "\n</Location>\n";
        }
        // One server child: what another one takes at its first request is not what a
        // form costs.
        server.log().allow("AH00161: server reached MaxRequestWorkers");
        if (!server.threaded())
            config += "StartServers 1\nServerLimit 1\nMaxRequestWorkers 1\n";
        const auto spool = server.root() / "spool";
        std::filesystem::create_directory(spool);
        std::filesystem::permissions(spool, std::filesystem::perms::all);
        server.start(config);
    }

    Reply post(const std::string& path, const std::string& type,
               const std::string& body, bool chunked) {
        return client().send({.path = path,
                              .method = "POST",
                              .headers = {"Content-Type: " + type, "Expect:"},
                              .body = body,
                              .chunked = chunked});
    }

    // Exactly one line of the log is about the request.
    void expect_line(const std::function<void()>& request, const std::string& line) {
        const std::size_t before = server.log().count("CPPCGI0");
        const std::size_t same = server.log().count(line);
        request();
        EXPECT_TRUE(poll_until([&] { return server.log().count(line) > same; }))
            << line;
        EXPECT_EQ(server.log().count("CPPCGI0"), before + 1) << line;
        server.log().allow(line);
    }
    void forget_peak() const {
        for (const pid_t pid : server.children())
            std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << 5;
    }
};

TEST_P(FormBounds, HoldToTheByte) {
    const std::string k = std::string(1024, 'x');
    const std::vector<Bound> bounds = {
        {"CppCGIMaxBody 1K", urlencoded, "a=" + k.substr(2), "a=" + k.substr(1)},
        {"CppCGIMaxBody 1K", multipart, file(k.substr(file("").size())),
         file(k.substr(file("").size() - 1))},
        {"CppCGIMaxBody 1K", xml, k, k + "x"},
        {"CppCGIMaxField 1K", urlencoded, "b=1&a=" + k, "b=1&a=x" + k},
        {"CppCGIMaxField 1K", urlencoded, k + "=1", k + "x=1"},
        {"CppCGIMaxField 1K", multipart, part("a", k) + "--b--",
         part("a", k + "x") + "--b--"},
        {"CppCGIMaxFile 1K", multipart, file(k), file(k + "x")},
        {"CppCGIMaxFile 1K", xml, k, k + "x"},
        {"CppCGIMaxFields 3", urlencoded, "a=1&&b", "a=1&&b&"},
        {"CppCGIMaxFields 3", multipart, parts(3), parts(4)},
        {"CppCGIMaxFields 3", multipart, parts(1), parts(2), "?a=1&b=2"},
        {"CppCGIMaxFields 3", urlencoded, "", "a", "?a=1&b=2&c=3"},
        {"CppCGIMaxPartHeader 1K", multipart, with_head_of(1024), with_head_of(1025)},
        {"CppCGIMaxNesting 1", multipart, nested(1), nested(2)},
        // Names and heads cannot be spooled, and may take four times as much.
        {"CppCGIMaxMemory 10K", multipart, parts(300), parts(500)},
        {"CppCGIMaxMemory 10K", urlencoded, repeated("a=1&", 4 * 640),
         repeated("a=1&", 4 * 641)},
    };
    std::vector<std::string> directives;
    for (const Bound& bound : bounds) directives.emplace_back(bound.directive);
    start(directives);
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const Bound& bound = bounds[i];
        const std::string path = "/bound" + std::to_string(i) + bound.query;
        const std::string name =
            std::string(bound.directive, std::strcspn(bound.directive, " "));
        for (const bool chunked : {false, true}) {
            const std::string told = path + " " + bound.directive + " " + bound.type +
                                     (chunked ? " chunked" : "");
            const Reply taken = post(path, bound.type, bound.under, chunked);
            EXPECT_EQ(taken.status, 200) << told << "\n" << bound.under;
            expect_line(
                [&] {
                    const Reply refused = post(path, bound.type, bound.over, chunked);
                    EXPECT_EQ(refused.status, 413) << told << "\n" << bound.over;
                },
                "CPPCGI02[0-9][0-9]: handler trouble:spooled refused a request with "
                "413: .*" +
                    name + " is ");
        }
    }
}

// Behind the bound on memory a value goes to a file.
TEST_P(FormBounds, OnMemorySpoolsValues) {
    start({"CppCGIMaxMemory 64K"});
    for (const bool chunked : {false, true}) {
        EXPECT_EQ(
            post("/bound0", multipart, file(std::string(25000, 'x')), chunked).body,
            "1 fields, 1 names, 0 files");
        EXPECT_EQ(
            post("/bound0", multipart, file(std::string(70000, 'x')), chunked).body,
            "1 fields, 1 names, 1 files");
        EXPECT_EQ(
            post("/bound0", urlencoded, "a=" + std::string(25000, 'x'), chunked).body,
            "1 fields, 1 names, 0 files");
        EXPECT_EQ(
            post("/bound0", urlencoded, "a=" + std::string(70000, 'x'), chunked).body,
            "1 fields, 1 names, 1 files");
    }
}

struct Hostile {
    std::string what;
    std::string path;
    std::string type;
    std::string body;
    long status;
    std::string answer;  // of 200, else a pattern of its line in the log
};

std::vector<Hostile> hostile_forms() {
    constexpr std::size_t large = 9u << 20;
    const std::string open = "--b\r\nContent-Disposition: form-data; name=\"a\"";
    const std::string end = "\r\n--b--";
    std::string colliding;
    for (unsigned i = 0; i < 100000; ++i) {
        // 17 times "Aa" or "BB", which hash alike in Java's and PHP 4's tables.
        for (unsigned bit = 0; bit < 17; ++bit) colliding += i >> bit & 1 ? "Aa" : "BB";
        colliding += "=1&";
    }
    std::string files;
    for (int i = 0; i < 900; ++i)
        files += part("f", std::string(9000, 'x'), "; filename=\"f\"");
    const std::string slashes(64u << 10, '\\');
    return {
        {"many pieces", "/default", urlencoded, repeated("a&", large), 413,
         "CppCGIMaxFields is 1000"},
        {"many pieces allowed", "/wide", urlencoded, repeated("a&", large), 200,
         "0 fields, 0 names, 0 files"},
        {"many values", "/default", urlencoded, repeated("a=1&", large), 413,
         "CppCGIMaxFields is 1000"},
        {"colliding names", "/wide", urlencoded, colliding, 200,
         "100000 fields, 100000 names, 0 files"},
        {"ten thousand parts", "/default", multipart, parts(10000), 413,
         "CppCGIMaxFields is 1000"},
        {"ten thousand parts allowed", "/wide", multipart, parts(10000), 200,
         "10000 fields, 10000 names, 0 files"},
        {"empty parts", "/default", multipart, repeated("--b\r\n", large), 413,
         "CppCGIMaxFields is 1000"},
        {"files that each fit into memory", "/default", multipart, files + "--b--", 200,
         "900 fields, 1 names, 8 files"},
        {"a head without an end", "/default", multipart,
         open + "\r\n" + repeated("X: y\r\n", 8u << 20), 413,
         "CppCGIMaxPartHeader is 16384"},
        {"one endless line", "/default", multipart, open + repeated("x", 8u << 20), 413,
         "CppCGIMaxPartHeader is 16384"},
        {"endless continuation lines", "/default", multipart,
         open + repeated("\r\n x", 8u << 20), 413, "CppCGIMaxPartHeader is 16384"},
        {"an endless preamble", "/default", multipart, repeated("preamble ", large),
         400, "CPPCGI0201: .* answered 400: .*delimiter"},
        {"CR before the parts", "/default", multipart, repeated("\r", large), 400,
         "CPPCGI0201: .* answered 400: .*delimiter"},
        {"line ends before the parts", "/default", multipart,
         repeated("\r\n", large) + part("a", "1") + "--b--", 200,
         "1 fields, 1 names, 0 files"},
        {"line ends behind the parts", "/default", multipart,
         part("a", "1") + "--b--" + repeated("\r\n", large), 200,
         "1 fields, 1 names, 0 files"},
        {"text behind the parts", "/default", multipart,
         part("a", "1") + "--b--" + repeated("x", large), 200,
         "1 fields, 1 names, 0 files"},
        {"line ends in a value", "/default", multipart,
         open + "; filename=\"f\"\r\n\r\n" + repeated("\r\n", large) + end, 200,
         "1 fields, 1 names, 1 files"},
        {"near misses in a value", "/default", multipart,
         open + "; filename=\"f\"\r\n\r\n" + repeated("\r\n--b-", large) + end, 200,
         "1 fields, 1 names, 1 files"},
        {"backslashes", "/default", multipart,
         open + "; x=\"" + slashes + "\"\r\n\r\nv" + end, 413,
         "CppCGIMaxPartHeader is 16384"},
        {"backslashes allowed", "/wide", multipart,
         open + "; x=\"" + slashes + "\"\r\n\r\nv" + end, 200,
         "1 fields, 1 names, 0 files"},
        {"backslashes without an end", "/wide", multipart,
         open + "; filename=\"" + slashes + "\r\n\r\nv" + end, 200,
         "1 fields, 1 names, 0 files"},
        {"backslashes in the type", "/default",
         "multipart/form-data; !=\"" + slashes.substr(0, 7000) + "\"; boundary=b",
         part("a", "1") + "--b--", 200, "1 fields, 1 names, 0 files"},
        {"a boundary as long as a buffer", "/default",
         "multipart/form-data; boundary=" + std::string(4096, 'b'), part("a", "1"), 400,
         "CPPCGI0201: .* answered 400: .*boundary"},
        {"two boundaries", "/default", "multipart/form-data; boundary=b; boundary=c",
         part("a", "1") + "--b--", 400, "CPPCGI0201: .* answered 400: .*boundary"},
        {"a text beyond memory", "/default", multipart,
         open + "\r\n\r\n" + repeated("x", 1u << 20) + end, 200,
         "1 fields, 1 names, 1 files"},
    };
}

TEST_P(FormBounds, HoldWhatHostileFormsCost) {
    start({});
    const std::vector<Hostile> forms = hostile_forms();
    post("/wide", urlencoded, repeated("a&", 9u << 20),
         false);  // buffers of the server
    for (const Hostile& form : forms) {
        for (const bool chunked : {false, true}) {
            const std::string told = form.what + (chunked ? ", chunked" : "");
            const std::size_t before = server.memory("VmRSS:");
            forget_peak();
            const std::size_t lines = server.log().count("CPPCGI0");
            const auto ask = [&] {
                const Reply reply = post(form.path, form.type, form.body, chunked);
                EXPECT_EQ(reply.status, form.status) << told << ": " << reply.error;
                if (form.status == 200) {
                    EXPECT_EQ(reply.body, form.answer) << told;
                }
            };
            if (form.status == 200) {
                ask();
                EXPECT_EQ(server.log().count("CPPCGI0"), lines) << told;
            } else {
                expect_line(ask, form.answer);
            }
            // And what the server itself takes for a connection.
            if (!sanitizer().empty()) continue;  // it keeps memory of its own
            const std::size_t peak = server.memory("VmHWM:");
            EXPECT_LE(peak - std::min(before, peak), 4 * form.body.size() + (4u << 20))
                << told;
        }
    }
    EXPECT_EQ(post("/default", urlencoded, "a=1", false).status, 200);
    EXPECT_TRUE(std::filesystem::is_empty(server.root() / "spool"));
}

CPPCGI_ON_EVERY_MPM(FormBounds);

}  // namespace
}  // namespace cppcgi_test
