// Errors from elsewhere than the handler's own function, over every version of HTTP, and the
// same request once more from its report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class ErrorPlaces : public HttpdTest {
protected:
    // As users build theirs; the file is src/NAME.cc.
    void build(const std::string& name, const std::string& source,
               const std::string& library, std::vector<std::string> flags = {}) {
        const fs::path file = server.write("src/" + name + ".cc", source);
        const fs::path lib = build_dir() / "lib";
        flags.insert(flags.begin(),
                     {"c++", "-std=c++20", "-O2", "-g", "-fPIC", "-shared",
                      "-I" + (source_dir() / "include").native(), "-o",
                      server.root() / library, file, "-L" + lib.native(), "-lcppcgi"});
        const Exit built = run(flags);
        ASSERT_EQ(built.status, 0) << built.output;
    }
    static constexpr const char* slow_lines =
        "a sanitized server may take longer for a line than it allows itself";
    std::string thrower() const { return "CppCGILibrary ${TEST_HANDLERS}/cgitb.so\n"; }
    static std::string location(const std::string& handler, const std::string& more) {
        return "<Location /" + handler + ">\nCppCGIHandler " + handler + "\n" + more +
               "\n</Location>\n";
    }
};

TEST_P(ErrorPlaces, ASecondLibraryIsShownWithItsSource) {
    if (!sanitizer().empty()) GTEST_SKIP() << slow_lines;
    build("deep",
          "#include <stdexcept>\n"
          "int deep(int left) {\n"
          "    if (left == 0) throw std::length_error(\"at the bottom\");\n"
          "    return deep(left - 1) + 1;\n"
          "}\n",
          "libdeep.so");
    build("second",
          "#include <cppcgi.h>\n"
          "int deep(int left);\n"
          "CPPCGI_HANDLER(second, req, res) {\n"
          "    res << deep(2);\n"
          "}\n",
          "second.so",
          {"-L" + server.root().native(), "-ldeep",
           "-Wl,-rpath," + server.root().native()});
    server.start("CppCGILibrary ${ROOT}/second.so\n" +
                 location("second", "CppCGIErrorReport browser"));
    const std::string page = client().get("/second").body;
    EXPECT_THAT(page, AllOf(HasSubstr("<h1>std::length_error: at the bottom</h1>"),
                            HasSubstr("src/deep.cc:3 "), HasSubstr("src/second.cc:4 "),
                            HasSubstr((server.root() / "libdeep.so+0x").native()),
                            ContainsRegex("<mark>[^\n]*throw std::length_error")));
    server.claim("CPPCGI0203: handler second:second threw std::length_error");
}

TEST_P(ErrorPlaces, AConstructorOfAHandlerClassIsNamedWithItsLine) {
    if (!sanitizer().empty()) GTEST_SKIP() << slow_lines;
    build("failing",
          "#include <cppcgi.h>\n"
          "#include <stdexcept>\n"
          "struct Failing {\n"
          "    Failing() { throw std::runtime_error(\"no database\"); }\n"
          "    void operator()(cppcgi::Request&, cppcgi::Response&) {}\n"
          "};\n"
          "CPPCGI_HANDLER_CLASS(failing, Failing);\n",
          "failing.so");
    server.start("CppCGILibrary ${ROOT}/failing.so\n" + location("failing", ""));
    EXPECT_EQ(client().get("/failing").status, 503);
    EXPECT_THAT(server.claim("CPPCGI0520: "),
                AllOf(HasSubstr("failing.so: "),
                      HasSubstr("threw std::runtime_error: no database; thrown at "),
                      HasSubstr("failing.cc:4)")));
    server.claim("CPPCGI0206: ");
}

TEST_P(ErrorPlaces, LinesOfAHandlerHaveLevelHandlerFileAndLine) {
    build("talks",
          "#include <cppcgi.h>\n"
          "CPPCGI_HANDLER(talks, req, res) {\n"
          "    req.log(cppcgi::LogLevel::error, \"one\");\n"
          "    req.log(cppcgi::LogLevel::warn, \"two\");\n"
          "    req.log(cppcgi::LogLevel::notice, \"three\");\n"
          "    req.log(cppcgi::LogLevel::info, \"four\");\n"
          "    req.log(cppcgi::LogLevel::debug, \"five\");\n"
          "    res << 1;\n"
          "}\n",
          "talks.so");
    server.start("CppCGILibrary ${ROOT}/talks.so\nLogLevel cppcgi:info\n" +
                 location("talks", ""));
    EXPECT_EQ(client().get("/talks").status, 200);
    int line = 3;
    for (const std::string words :
         {"error:one", "warn:two", "notice:three", "info:four"}) {
        const auto colon = words.find(':');
        server.claim("cppcgi:" + words.substr(0, colon) +
                     "\\].*CPPCGI0200: talks:talks: " + words.substr(colon + 1) +
                     " \\(.*src/talks.cc:" + std::to_string(line++) + "\\)");
    }
    EXPECT_EQ(server.log().count("five"), 0u);
}

TEST_P(ErrorPlaces, EveryVersionOfHttpGetsTheReport) {
    if (server.threaded()) server.load("http2");
    server.start((server.threaded() ? "Protocols h2c http/1.1\n" : "") + thrower() +
                 location("cgitb", "CppCGIErrorReport browser"));
    std::vector<long> versions = {CURL_HTTP_VERSION_1_0, CURL_HTTP_VERSION_1_1};
    if (server.threaded()) versions.push_back(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    for (const long version : versions) {
        SCOPED_TRACE(version);
        const Reply shown = client().send({.path = "/cgitb/at", .version = version});
        EXPECT_EQ(shown.code, CURLE_OK) << shown.error;
        EXPECT_EQ(shown.status, 500);
        EXPECT_EQ(shown.header("cache-control"), "no-store");
        EXPECT_THAT(shown.body,
                    AllOf(HasSubstr("<h1>std::out_of_range"), HasSubstr("</html>")));
        // Behind half a page the response breaks off visibly.
        const Reply half =
            client().send({.path = "/cgitb/at?flush=1", .version = version});
        EXPECT_NE(half.code, CURLE_OK);
        EXPECT_THAT(half.body, Not(HasSubstr("<h1>std::out_of_range")));
    }
    server.claim("CPPCGI0203: ");
}

TEST_P(ErrorPlaces, AReportIsReplayedByTheCommand) {
    const fs::path command = build_dir() / "bin/cppcgi";
    if (!fs::exists(command)) GTEST_SKIP() << "built without CLI11";
    if (!sanitizer().empty()) GTEST_SKIP() << "the command has no sanitizer";
    fs::create_directory(server.root() / "reports");
    fs::permissions(server.root() / "reports", fs::perms::all);
    server.start(thrower() +
                 location("cgitb",
                          "CppCGIErrorReport log ${ROOT}/reports\nCppCGIParam api_key "
                          "hidden-param"));
    client().upload("/cgitb/standard?a=1&session=query-secret",
                    {{.name = "text", .data = "from a \"<form>\" \xff"},
                     {.name = "password", .data = "field-secret"},
                     {.name = "f", .data = "content", .filename = "a.txt"}},
                    {"Cookie: sid=cookie-secret"});
    server.claim("CPPCGI0203: ");
    const fs::path report = fs::directory_iterator(server.root() / "reports")->path();
    const std::string library = build_dir() / "t/handlers/cgitb.so";
    const Exit replayed = run({command, "run", library, report});
    EXPECT_EQ(replayed.status, 1);
    EXPECT_THAT(
        replayed.output,
        AllOf(HasSubstr("cppcgi run: the report hides the query's session, the "
                        "parameter api_key, the cookie sid, the field password: the "
                        "handler gets [hidden] in their place"),
              HasSubstr("cppcgi run: the report does not have the content of the file "
                        "\"a.txt\"\n"),
              HasSubstr("CPPCGI0203: handler cgitb threw std::out_of_range: from a "
                        "\"<form>\" "),
              HasSubstr("Status: 500"), Not(HasSubstr("secret"))));
    const Exit other = run({command, "run", library, report, "--post", "text=other"});
    EXPECT_THAT(other.output, HasSubstr("threw std::out_of_range: other"));
}

CPPCGI_ON_EVERY_MPM(ErrorPlaces);

}  // namespace
}  // namespace cppcgi_test
