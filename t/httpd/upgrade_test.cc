// A handler built against earlier headers of this ABI runs with today's libcppcgi and module
// as it is. The headers come from the history of the repository.
#include <gtest/gtest.h>

#include "t/httpd/server.h"
#include "t/process.h"

#include <cstdlib>
#include <map>
#include <string>

namespace cppcgi_test {
namespace {

// The first state whose handlers must run until SONAME 2: a tag, when there is one.
constexpr const char* first_state = "b20920f428d0f4b9b8e8f7ec672efed8504e054e";

class Upgrade : public HttpdTest {
protected:
    std::filesystem::path old = server.root() / "old";

    // What everybody has in a handler, inline code of the headers included.
    const std::string source = R"(
#include <cppcgi.h>
namespace cgi = cppcgi;
CPPCGI_CHILD_START() {}
CPPCGI_HANDLER(old, req, res) {
    cgi::FieldStorage form(req, {.keep_blank_values = true});
    for (const cgi::Field& field : form)
        res << field.name() << "=" << field.value() << ":" << field.filename().value_or("") << ";";
    for (std::string_view tag : form.getlist("tag")) res << tag << ",";
    res.html("<p>{}</p>", form.getfirst("a", "none"));
    res.cookie(cgi::Cookie("name", "Ada").path("/").httponly());
    res.header("X-Old", req.cookies().get("c", "none"));
    res << req.environ()["REQUEST_METHOD"] << req.param("motto").value_or("");
    if (req.query_string() == "error") throw cgi::Error(404, "as asked");
}
struct Object {
    int calls = 0;
    void operator()(cgi::Request&, cgi::Response& res) { res << ++calls; }
};
CPPCGI_HANDLER_CLASS(object, Object);
)";
};

TEST_P(Upgrade, HandlerOfEarlierHeadersRunsUnchanged) {
    server.write("old/handler.cc", source);
    const Exit taken = run({"/bin/sh", "-c",
                            "git -C " + source_dir().native() + " archive " +
                                first_state + " include | tar -x -C " + old.native() +
                                " && test -f " + (old / "include/cppcgi.h").native()});
    if (taken.status != 0) GTEST_SKIP() << "no history here: " << taken.output;
    const Exit built = run({"c++", "-std=c++20", "-O1", "-shared", "-fPIC",
                            "-I" + (old / "include").native(), "-o", old / "handler.so",
                            old / "handler.cc", "-L" + (build_dir() / "lib").native(),
                            "-lcppcgi", "-Wl,-z,defs"},
                           {}, std::chrono::seconds(300));
    ASSERT_EQ(built.status, 0) << built.output;
    server.start(
        "CppCGILibrary ${ROOT}/old/handler.so old\nCppCGIParam motto \" more light\"\n"
        "<Location /old>\n CppCGIHandler old\n</Location>\n"
        "<Location /object>\n CppCGIHandler old:object\n</Location>\n");
    const Reply page =
        client().post("/old", "a=%3C1%3E&tag=x&tag=y&b=", {"Cookie: c=d"});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body,
              "a=<1>:;tag=x:;tag=y:;b=:;x,y,<p>&lt;1&gt;</p>POST more light");
    EXPECT_EQ(page.header("X-Old"), "d");
    EXPECT_EQ(page.header("Set-Cookie"), "name=Ada; Path=/; HttpOnly");
    const Reply upload =
        client().upload("/old", {{.name = "f", .data = "bytes", .filename = "f.bin"}});
    EXPECT_EQ(upload.body, "f=bytes:f.bin;<p>none</p>POST more light");
    EXPECT_EQ(client().get("/old?error").status, 404);
    server.claim("CPPCGI0201: handler old:old answered 404: as asked");
    EXPECT_NE(client().get("/object").body, "");
}

// An upgrade replaces module and library one after the other, and old handlers stay. The
// build folder of an earlier state has to be there.
class UpgradeInParts : public HttpdTest {
protected:
    void SetUp() override {
        const char* folder = std::getenv("CPPCGI_TEST_OLD_BUILD");
        if (!folder) {
            GTEST_SKIP() << "set CPPCGI_TEST_OLD_BUILD to the build folder of "
                         << first_state;
        }
        old = folder;
    }

    // `handlers` are build folders by the names of their handlers' URLs.
    void serve(const std::filesystem::path& module,
               const std::filesystem::path& library,
               const std::map<std::string, std::filesystem::path>& handlers) {
        const auto take = [&](const std::filesystem::path& from, const char* name) {
            server.write(std::string("parts/") + name, read_file(from / "lib" / name),
                         0755);
        };
        take(module, "mod_cppcgi.so");
        take(library, "libcppcgi.so.1");
        server.without_cppcgi();
        std::string config =
            "LoadModule cppcgi_module ${ROOT}/parts/mod_cppcgi.so\n"
            "CppCGIParam root ${DOCROOT}\n";
        for (const auto& [age, folder] : handlers) {
            const auto handler = [prefix = age](const std::string& name,
                                                const std::string& file) {
                return "<Location /" + prefix + "/" + name + ">\nCppCGIHandler " +
                       prefix + "_" + file + ":" + name + "\n</Location>\n";
            };
            for (const std::string file :
                 {"handlers/inspect", "t/handlers/trouble", "t/handlers/pages"})
                config += "CppCGILibrary " + (folder / file).native() + ".so " + age +
                          "_" + file.substr(file.rfind('/') + 1) + "\n";
            config += handler("inspect", "inspect") + handler("trouble", "trouble");
            for (const char* name : {"beneath", "redirect", "busy"})
                config += handler(name, "pages");
        }
        server.write("docroot/file.txt", "a file");
        server.start(config);
        for (const auto& [age, folder] : handlers) expect_served("/" + age);
        server.claim("CPPCGI020[13]");
    }

    void expect_served(const std::string& age) {
        Client kept = client();
        const Reply form = kept.upload(
            age + "/inspect", {{.name = "f", .data = "bytes", .filename = "f.bin"},
                               {.name = "a", .data = "b"}});
        EXPECT_EQ(form.status, 200) << age;
        EXPECT_NE(form.body.find("f.bin"), std::string::npos) << form.body;
        EXPECT_EQ(kept.get(age + "/beneath/file.txt").body, "a file");
        EXPECT_EQ(kept.get(age + "/beneath/../x").status, 404);
        EXPECT_EQ(kept.get(age + "/redirect?303=/x").header("Location"), "/x");
        EXPECT_EQ(kept.get(age + "/redirect?internal=/file.txt").body, "a file");
        EXPECT_EQ(kept.get(age + "/busy?503").header("Retry-After"), "7");
        EXPECT_EQ(kept.get(age + "/trouble/exception").status, 500);
        EXPECT_NE(kept.get(age + "/trouble/half").code, CURLE_OK);
        EXPECT_EQ(kept.get(age + "/trouble/created").status, 201);
    }

    std::filesystem::path old;
};

// Handlers of today may need more than the library of yesterday has.
TEST_P(UpgradeInParts, NewModuleServesWithTheOldLibrary) {
    serve(build_dir(), old, {{"old", old}});
}

TEST_P(UpgradeInParts, OldModuleServesWithTheNewLibrary) {
    serve(old, build_dir(), {{"old", old}, {"new", build_dir()}});
}

CPPCGI_ON_EVERY_MPM(Upgrade);
CPPCGI_ON_EVERY_MPM(UpgradeInParts);

}  // namespace
}  // namespace cppcgi_test
