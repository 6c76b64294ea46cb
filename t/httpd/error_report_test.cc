// CppCGIErrorReport and cgitb::enable(): what the client, the log and the directory of
// reports get of an exception that leaves a handler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"
#include "t/scratch_directory.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// The line of t/handlers/cgitb.cc that throws for this kind.
std::string marked_line(const std::string& kind) {
    std::ifstream source(source_dir() / "t/handlers/cgitb.cc");
    std::string line;
    for (int number = 1; std::getline(source, line); ++number)
        if (line.ends_with("// MARK " + kind)) return std::to_string(number);
    return "no such line";
}

class ErrorReport : public HttpdTest {
protected:
    void SetUp() override {
        reports_ = server.root() / "reports";
        fs::create_directory(reports_);
        if (Server::user().empty()) return;
        EXPECT_EQ(run({"chown", Server::user(), reports_}).status, 0);
    }
    void serve(const std::string& directive, const std::string& more = {},
               const std::string& library = "${TEST_HANDLERS}/cgitb.so") {
        server.start("CppCGILibrary " + library + " cgitb\n" + more +
                     "\nLogFormat \"%>s %{cppcgi-report}n\" reports\n"
                     "CustomLog ${ROOT}/access reports\n"
                     "<Location /cgitb>\n CppCGIHandler cgitb\n " +
                     directive +
                     "\n CppCGIParam dir ${ROOT}/reports\n"
                     " CppCGIParam api_key param-secret\n</Location>\n");
    }
    // t/handlers/cgitb.cc as users build theirs, by one compiler or the other. Compiled
    // here, once, so that its debug lines name the source of this tree.
    static std::string compiled(const std::string& compiler) {
        static const ScratchDirectory directory;
        const std::string library = directory.path() + "/cgitb-" + compiler + ".so";
        if (fs::exists(library)) return library;
        const fs::path top = source_dir();
        const Exit built = run({compiler, "-std=c++20", "-O2", "-g", "-fPIC", "-shared",
                                "-I" + (top / "include").native(), "-o", library,
                                top / "t/handlers/cgitb.cc",
                                "-L" + (build_dir() / "lib").native(), "-lcppcgi"});
        EXPECT_EQ(built.status, 0) << built.output;
        fs::permissions(directory.path(), fs::perms(0755));
        return library;
    }
    std::vector<fs::path> files() const {
        std::vector<fs::path> result;
        for (const auto& entry : fs::directory_iterator(reports_))
            result.push_back(entry.path());
        return result;
    }
    static std::string id_of(const std::string& line) {
        const auto at = line.find("; report ");
        return at == line.npos ? "" : line.substr(at + 9, 12);
    }

    fs::path reports_;
};

TEST_P(ErrorReport, OffIsOneLineWithNumberAndFirstFrames) {
    serve("CppCGIErrorReport off");
    const Reply reply = client().get("/cgitb/standard?text=pst");
    EXPECT_EQ(reply.status, 500);
    EXPECT_THAT(reply.body, HasSubstr("Internal Server Error"));
    EXPECT_THAT(reply.body, Not(HasSubstr("half a page")));
    EXPECT_EQ(reply.header("cache-control"), "no-store");
    EXPECT_EQ(reply.header("x-of-the-handler"), std::nullopt);
    const std::string line = server.claim("CPPCGI0203: ");
    EXPECT_THAT(line, HasSubstr("threw std::out_of_range: pst; report "));
    EXPECT_THAT(line, HasSubstr("(cgitb.cc:" + marked_line("standard") + ") < "));
    EXPECT_THAT(line, ContainsRegex("deep.* < .*middle.* < .*upper.*cgitb.cc"));
    EXPECT_TRUE(poll_until([&] {
        return read_file(server.root() / "access") == "500 " + id_of(line) + "\n";
    })) << read_file(server.root() / "access");
}

TEST_P(ErrorReport, InTheBrowserShowsStackSourceAndRequest) {
    serve("CppCGIErrorReport browser", "", compiled("g++"));
    const Reply reply = client().post("/cgitb/standard?a=%3Cb%3E&text=pst",
                                      "field=value", {"User-Agent: <i>me</i>"});
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.header("cache-control"), "no-store");
    EXPECT_EQ(reply.header("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(reply.header("x-of-the-handler"), std::nullopt);
    EXPECT_THAT(reply.body, HasSubstr("<h1>std::out_of_range: pst</h1>"));
    EXPECT_THAT(reply.body,
                HasSubstr("t/handlers/cgitb.cc:" + marked_line("standard")));
    EXPECT_THAT(reply.body,
                HasSubstr("if (kind == &quot;standard&quot;) throw std::out_of_range"));
    EXPECT_THAT(reply.body, HasSubstr("return middle(kind, text) + 2;"));
    EXPECT_THAT(reply.body, HasSubstr("<th>field</th><td>value</td>"));
    EXPECT_THAT(reply.body, HasSubstr("<th>REQUEST_METHOD</th><td>POST</td>"));
    EXPECT_THAT(reply.body, HasSubstr("<th>HTTP_USER_AGENT</th><td>&lt;i&gt;me"));
    EXPECT_THAT(reply.body, HasSubstr("cgitb:cgitb"));
    EXPECT_THAT(reply.body, HasSubstr("cgitb-g++.so"));
    EXPECT_THAT(reply.body, Not(HasSubstr("half a page")));
    server.claim("CPPCGI0203: ");
    EXPECT_THAT(client().head("/cgitb/standard").body, IsEmpty());
    EXPECT_EQ(client().head("/cgitb/standard").status, 500);
}

// With both compilers, as users build theirs.
TEST_P(ErrorReport, OfEveryKindNamesTheLineThatThrew) {
    struct Kind {
        const char* name;
        const char* type;
        const char* what;
    };
    const Kind kinds[] = {
        {"standard", "std::out_of_range", ": pst"},
        {"own", "OfItsOwn", ""},
        {"int", "int", ": 42"},
        {"text", "char const*", ": a text"},
        {"at", "std::out_of_range", ": vector"},
        {"stoi", "std::invalid_argument", ": stoi"},
        {"alloc", "std::", ""},
        {"rethrow", "std::runtime_error", ": first"},
        {"nested", "std::_Nested_exception&lt;std::runtime_error&gt;", ": outer"},
        {"500", "cppcgi::Error", ": pst"},
    };
    std::string config;
    std::vector<std::string> compilers = {"g++"};
    if (run({"sh", "-c", "command -v clang++"}).status == 0)
        compilers.push_back("clang++");
    for (const std::string& compiler : compilers)
        config += "CppCGILibrary " + compiled(compiler) + " " + compiler[0] +
                  "\n<Location /" + compiler[0] +
                  ">\n CppCGIErrorReport browser\n "
                  "CppCGIHandler " +
                  compiler[0] + ":cgitb\n</Location>\n";
    server.start(config);
    for (const std::string& compiler : compilers) {
        for (const auto& [name, type, what] : kinds) {
            const Reply reply =
                client().get(std::string("/") + compiler[0] + "/" + name + "?text=pst");
            EXPECT_EQ(reply.status, 500);
            const auto place = "cgitb.cc:" + marked_line(name);
            EXPECT_THAT(reply.body, HasSubstr(place)) << compiler << " " << name;
            EXPECT_THAT(reply.body, HasSubstr(type + std::string())) << name;
            EXPECT_THAT(reply.body, HasSubstr(what + std::string())) << name;
            EXPECT_THAT(reply.body,
                        ContainsRegex("<mark>.*// MARK " + std::string(name)))
                << compiler << " " << name;
        }
    }
    server.claim("CPPCGI020[134]: ");
}

TEST_P(ErrorReport, NamesWhatIsNested) {
    serve("CppCGIErrorReport browser");
    const std::string page = client().get("/cgitb/nested?text=pst").body;
    EXPECT_THAT(page, HasSubstr("<p>nested in it: std::_Nested_exception&lt;"
                                "std::logic_error&gt;: inner pst</p>"));
    EXPECT_THAT(page, ContainsRegex("<p>nested in it: .*OfItsOwn</p>"));
    server.claim("CPPCGI0203: ");
}

TEST_P(ErrorReport, IsNotMadeOfAnAnswer) {
    serve("CppCGIErrorReport both ${ROOT}/reports");
    const Reply reply = client().get("/cgitb/404?text=gone");
    EXPECT_EQ(reply.status, 404);
    EXPECT_THAT(reply.body, Not(HasSubstr("gone")));
    EXPECT_THAT(files(), IsEmpty());
    EXPECT_EQ(client().get("/cgitb/caught").status, 200);
    EXPECT_EQ(id_of(server.claim("CPPCGI0201: ")), "");
}

TEST_P(ErrorReport, HidesSecretsUnlessAsked) {
    serve("CppCGIErrorReport browser");
    const Headers headers = {
        "Authorization: Basic YWxhZGRpbg==",
        "Cookie: SID=cookie-secret; theme=dark-secret", "X-Api-Key: header-secret",
        "Referer: https://me:url-secret@a.example/?token=ref-secret"};
    const std::string body =
        "password=field-secret&text=no+such+user+field-secret&pass%77ord2=two-secret";
    const std::string page =
        client()
            .post("/cgitb/standard?session_id=query-secret&a=b", body, headers)
            .body;
    for (const char* secret :
         {"YWxhZGRpbg", "cookie-secret", "dark-secret", "header-secret", "ref-secret",
          "url-secret", "field-secret", "two-secret", "query-secret", "param-secret"})
        EXPECT_THAT(page, Not(HasSubstr(secret)));
    EXPECT_THAT(page, HasSubstr("no such user [hidden]"));
    EXPECT_THAT(page, HasSubstr("session_id=[hidden]&amp;a=b"));
    const std::string all =
        client()
            .post("/cgitb/standard?session_id=query-secret&secrets=1", body, headers)
            .body;
    for (const char* secret : {"cookie-secret", "header-secret", "field-secret",
                               "query-secret", "url-secret"})
        EXPECT_THAT(all, HasSubstr(secret));
    server.claim("CPPCGI0203: ");
}

TEST_P(ErrorReport, OfHostileRequestsIsCleanMarkup) {
    serve("CppCGIErrorReport browser");
    const std::string evil =
        "\"'><script>alert(1)</script><!-- ]]> \x01\x7f\xff\xc2\x85 "
        "&amp; \u202e\u200b</title></pre>";
    std::string escaped;
    for (const char c : evil) {
        char code[4];
        std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
        escaped += code;
    }
    std::string header;
    for (const char c : evil)
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) header += c;
    Question question;
    question.method = "POST";
    question.path = "/cgitb/standard/<svg onload=a>?" + escaped + "=" + escaped;
    question.path = "/cgitb/standard?" + escaped + "=" + escaped + "&<b>=<i>";
    question.headers = {"User-Agent: " + header, "Referer: http://a/?" + header,
                        "Cookie: a" + header + "=" + header, "X-Evil: " + header,
                        "Accept: " + header};
    question.parts = {{"text", evil}, {evil, evil}, {"f", "x", evil}};
    const Reply reply = client().send(question);
    EXPECT_EQ(reply.status, 500);
    for (const char* raw : {"<script", "<svg", "<!-- ]]", "\x01", "\x7f", "\xff",
                            "\u202e", "\u200b", "<b>=", "onload=a>"})
        EXPECT_THAT(reply.body, Not(HasSubstr(raw)));
    EXPECT_THAT(reply.body, HasSubstr("&lt;script&gt;alert(1)"));
    EXPECT_THAT(reply.body, HasSubstr("\\u{202e}"));
    const fs::path page = server.write("page.html", reply.body);
    const Exit tidied = run({"tidy", "-q", "-e", "-utf8", page});
    EXPECT_EQ(tidied.status, 0) << tidied.output;
    server.claim("CPPCGI0203: ");
}

TEST_P(ErrorReport, InAFileIsNamedByItsNumberAndCounts) {
    serve("CppCGIErrorReport log ${ROOT}/reports");
    const Reply reply = client().get("/cgitb/standard?text=pst");
    const std::string line = server.claim("CPPCGI0203: ");
    EXPECT_EQ(reply.status, 500);
    EXPECT_THAT(reply.body, HasSubstr("<b>" + id_of(line) + "</b>"));
    EXPECT_THAT(reply.body, Not(HasSubstr("out_of_range")));
    const fs::path file = reports_ / ("cppcgi-" + id_of(line) + ".html");
    EXPECT_THAT(line, HasSubstr(" in " + file.native()));
    for (int i = 0; i < 4; ++i) client().get("/cgitb/standard?text=other");
    EXPECT_THAT(files(), ::testing::ElementsAre(file));
    const std::string text = read_file(file);
    EXPECT_THAT(text, HasSubstr("<h1>std::out_of_range: pst</h1>"));
    EXPECT_THAT(text, ContainsRegex(">Seen 5 +times, last "));
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
    client().get("/cgitb/int");
    EXPECT_THAT(files(), SizeIs(2));
    server.claim("CPPCGI0204: ");
    // However deep it was.
    client().get("/cgitb/recursion?text=aa");
    client().get("/cgitb/recursion?text=aaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    EXPECT_THAT(files(), SizeIs(3));
}

TEST_P(ErrorReport, InAFileNeverGoesThroughALink) {
    serve("CppCGIErrorReport log ${ROOT}/reports");
    client().get("/cgitb/standard?text=pst");
    const std::string id = id_of(server.claim("CPPCGI0203: "));
    const fs::path file = reports_ / ("cppcgi-" + id + ".html");
    const fs::path target = server.write("target", "untouched");
    fs::remove(file);
    fs::create_symlink(target, file);
    EXPECT_EQ(client().get("/cgitb/standard?text=pst").status, 500);
    server.claim("CPPCGI0601: .*" + id);
    EXPECT_EQ(read_file(target), "untouched");
    EXPECT_TRUE(fs::is_symlink(file));
}

TEST_P(ErrorReport, FilesAreBounded) {
    for (int i = 0; i < 130; ++i) {
        char name[40];
        std::snprintf(name, sizeof name, "cppcgi-%012x.html", i);
        std::ofstream(reports_ / name) << "old";
        fs::last_write_time(reports_ / name, fs::file_time_type::clock::now() -
                                                 std::chrono::hours(200 - i));
    }
    std::ofstream(reports_ / "notes.txt") << "of somebody";
    serve("CppCGIErrorReport log ${ROOT}/reports");
    client().get("/cgitb/standard");
    const std::string id = id_of(server.claim("CPPCGI0203: "));
    EXPECT_THAT(files(), SizeIs(101));
    EXPECT_TRUE(fs::exists(reports_ / "notes.txt"));
    EXPECT_TRUE(fs::exists(reports_ / ("cppcgi-" + id + ".html")));
    EXPECT_FALSE(fs::exists(reports_ / "cppcgi-000000000000.html"));
    EXPECT_TRUE(fs::exists(reports_ / "cppcgi-000000000081.html"));
}

TEST_P(ErrorReport, BothShowsAndKeeps) {
    serve("CppCGIErrorReport both ${ROOT}/reports");
    const Reply reply = client().get("/cgitb/at");
    EXPECT_THAT(reply.body, HasSubstr("<h1>std::out_of_range"));
    ASSERT_THAT(files(), SizeIs(1));
    EXPECT_THAT(read_file(files()[0]), HasSubstr("<h1>std::out_of_range"));
    server.claim("CPPCGI0203: ");
}

TEST_P(ErrorReport, WithoutADirectoryGoesBelowTheRuntimeDirectory) {
    fs::create_directory(server.root() / "runtime");
    serve("CppCGIErrorReport log", "DefaultRuntimeDir ${ROOT}/runtime");
    client().get("/cgitb/at");
    const std::string line = server.claim("CPPCGI0203: ");
    EXPECT_TRUE(fs::exists(server.root() / "runtime/cppcgi-reports" /
                           ("cppcgi-" + id_of(line) + ".html")))
        << line;
}

TEST_P(ErrorReport, BehindHalfAPageGoesToTheLogAndTheResponseBreaksOff) {
    serve("CppCGIErrorReport both ${ROOT}/reports");
    const Reply reply = client().get("/cgitb/at?flush=1");
    EXPECT_NE(reply.code, CURLE_OK);
    EXPECT_THAT(reply.body, Not(HasSubstr("<h1>")));
    EXPECT_THAT(files(), SizeIs(1));
    server.claim("CPPCGI0203: ");
}

TEST_P(ErrorReport, LeavesTheVisitorToTheErrorDocument) {
    server.write("docroot/sorry.html", "sorry, says the administrator");
    serve("CppCGIErrorReport log ${ROOT}/reports", "ErrorDocument 500 /sorry.html");
    const Reply reply = client().get("/cgitb/at");
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body, "sorry, says the administrator");
    const std::string line = server.claim("CPPCGI0203: ");
    EXPECT_THAT(files(), SizeIs(1));
    EXPECT_TRUE(poll_until([&] {
        return read_file(server.root() / "access") == "500 " + id_of(line) + "\n";
    })) << read_file(server.root() / "access");
}

TEST_P(ErrorReport, MayBeChosenByTheHandler) {
    serve("CppCGIErrorReport off");
    EXPECT_THAT(client().get("/cgitb/at?show=1").body,
                HasSubstr("<h1>std::out_of_range"));
    EXPECT_THAT(client().get("/cgitb/at").body, Not(HasSubstr("out_of_range")));
    const Reply kept = client().get("/cgitb/at?file=1");
    EXPECT_THAT(kept.body, HasSubstr("Something went wrong"));
    EXPECT_THAT(files(), SizeIs(1));
    server.claim("CPPCGI0203: ");
}

TEST_P(ErrorReport, OfAStrippedLibraryHasFileAndOffset) {
    const fs::path library = server.root() / "cgitb-g++.so";
    EXPECT_EQ(run({"strip", "-o", library, compiled("g++")}).status, 0);
    serve("CppCGIErrorReport browser", "", library);
    const std::string page = client().get("/cgitb/at").body;
    EXPECT_THAT(page, ContainsRegex("cgitb-g\\+\\+\\.so\\+0x[0-9a-f]+"));
    EXPECT_THAT(server.claim("CPPCGI0203: "),
                ContainsRegex("thrown at .*cgitb-g\\+\\+\\.so\\+0x[0-9a-f]+"));
}

TEST_P(ErrorReport, OfParallelRequestsDoNotMix) {
    serve("CppCGIErrorReport browser");
    const char* kinds[] = {"standard", "own", "int", "text", "at", "stoi", "500"};
    std::vector<std::thread> threads;
    std::vector<Reply> replies(50);
    for (std::size_t i = 0; i < replies.size(); ++i)
        threads.emplace_back([&, i] {
            Question question;
            question.path = std::string("/cgitb/") + kinds[i % std::size(kinds)] +
                            "?text=number-" + std::to_string(i) + "-";
            question.timeout_ms = 60000;
            replies[i] = client().send(question);
        });
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const std::string kind = kinds[i % std::size(kinds)];
        EXPECT_EQ(replies[i].status, 500);
        // Seven look-ups at once may take a sanitized server longer than their limit.
        if (sanitizer().empty()) {
            EXPECT_THAT(replies[i].body, HasSubstr("cgitb.cc:" + marked_line(kind)));
        }
        EXPECT_THAT(replies[i].body, HasSubstr("number-" + std::to_string(i) + "-"));
        for (std::size_t other = 0; other < replies.size(); ++other) {
            if (other == i) continue;
            EXPECT_THAT(replies[i].body,
                        Not(HasSubstr("number-" + std::to_string(other) + "-")));
        }
    }
    server.claim("CPPCGI020[134]: ");
}

TEST_P(ErrorReport, DirectiveRefusesWhatItDoesNotKnow) {
    for (const char* wrong :
         {"maybe", "off ${ROOT}/reports", "browser ${ROOT}/reports", "on"}) {
        const Exit tested =
            server.configtest("CppCGIErrorReport " + std::string(wrong) + "\n");
        EXPECT_NE(tested.status, 0) << wrong;
        EXPECT_THAT(tested.output, HasSubstr("CPPCGI0600: CppCGIErrorReport"));
    }
    const Exit nowhere = server.configtest("CppCGIErrorReport log /no/such/place\n");
    EXPECT_NE(nowhere.status, 0);
    EXPECT_THAT(nowhere.output, HasSubstr("CPPCGI0018: CppCGIErrorReport: /no/such"));
    EXPECT_EQ(server.configtest("CppCGIErrorReport Both ${ROOT}/reports\n").status, 0);
}

TEST_P(ErrorReport, IsInheritedAndReplacedBySections) {
    server.start(
        "CppCGILibrary ${TEST_HANDLERS}/cgitb.so\nCppCGIErrorReport browser\n"
        "<Location /shown>\n CppCGIHandler cgitb\n</Location>\n"
        "<Location /hidden>\n CppCGIHandler cgitb\n CppCGIErrorReport "
        "off\n</Location>\n");
    EXPECT_THAT(client().get("/shown/at").body, HasSubstr("<h1>std::out_of_range"));
    EXPECT_THAT(client().get("/hidden/at").body, Not(HasSubstr("out_of_range")));
    server.claim("CPPCGI0203: ");
}

CPPCGI_ON_EVERY_MPM(ErrorReport);

}  // namespace
}  // namespace cppcgi_test
