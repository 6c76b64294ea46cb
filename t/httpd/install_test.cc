// make install into an empty prefix: a user's handler is built from there by pkg-config and
// by CMake and served by the module from there, and make uninstall leaves nothing. With
// copies of what is built, since another PREFIX changes the module.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "t/httpd/server.h"
#include "t/scratch_directory.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* greet =
    "#include <cppcgi.h>\n"
    "CPPCGI_HANDLER(greet, req, res) {\n"
    "    res.html(\"<h1>Hello, {}!</h1>\", req.form().getfirst(\"name\"));\n}\n"
    "CPPCGI_MAIN(greet)\n";

class Install : public ::testing::Test {
protected:
    void SetUp() override {
        if (!sanitizer().empty()) GTEST_SKIP() << "what it builds has no sanitizer";
        fs::permissions(directory.path(), fs::perms(0755));
        fs::create_directories(directory / "build/obj");
        for (const char* part :
             {"lib", "bin", "handlers", "cgi-bin", "fcgi", "flags", "obj/core.a",
              "obj/mod_cppcgi", "obj/tools", "obj/examples"})
            sh("cp -a " + (build_dir() / part).native() + " " + (directory / "build/") +
               (std::string(part).starts_with("obj/") ? "obj/" : ""));
    }
    Exit sh(const std::string& line) const {
        return run({"/bin/sh", "-c", "cd " + directory.path() + " && " + line},
                   {"MAKEFLAGS=", "MAKELEVEL=",
                    "PKG_CONFIG_PATH=" + prefix() + "/lib/pkgconfig", "PREFIX="},
                   std::chrono::seconds(240));
    }
    std::string prefix() const { return directory / "prefix"; }
    Exit make(const std::string& goal) const {
        return sh("make -C " + source_dir().native() +
                  " -j2 BUILD=" + (directory / "build") + " PREFIX=" + prefix() +
                  " MODULEDIR=" + prefix() + "/modules HTTPD_SYSCONFDIR=" + prefix() +
                  "/etc " + goal);
    }
    std::vector<std::string> left() const {
        std::vector<std::string> paths;
        for (const auto& entry : fs::recursive_directory_iterator(prefix()))
            paths.push_back(entry.path());
        return paths;
    }
    void expect_served(const std::string& library) {
        Server server("event");
        server.without_cppcgi();
        server.start("Include " + prefix() +
                     "/etc/mods-available/cppcgi.load\nInclude " + prefix() +
                     "/etc/mods-available/cppcgi.conf\nCppCGILibrary " + library +
                     "\n<Location /greet>\nCppCGIHandler greet\n</Location>\n");
        EXPECT_EQ(Client(server.url()).get("/greet?name=Ada").body,
                  "<h1>Hello, Ada!</h1>")
            << library;
    }

    ScratchDirectory directory;
};

TEST_F(Install, ServesAUsersHandlerAndLeavesNothing) {
    const Exit installed = make("install");
    ASSERT_EQ(installed.status, 0) << installed.output;
    directory.write("greet.cc", greet);
    // As README says it.
    Exit built = sh(
        "c++ -std=c++20 -shared -fPIC -o greet.so greet.cc $(pkg-config --cflags "
        "--libs "
        "cppcgi) && c++ -std=c++20 -o greet.cgi greet.cc $(pkg-config --cflags --libs "
        "cppcgi) && LD_LIBRARY_PATH=prefix/lib ./greet.cgi name=Ada");
    EXPECT_EQ(built.status, 0) << built.output;
    EXPECT_THAT(built.output, HasSubstr("<h1>Hello, Ada!</h1>"));
    expect_served(directory / "greet.so");
    if (fs::exists(prefix() + "/bin/cppcgi")) {
        built = sh("mkdir c && cd c && ../prefix/bin/cppcgi build ../greet.cc");
        EXPECT_EQ(built.status, 0) << built.output;
        expect_served(directory / "c/greet.so");
        EXPECT_THAT(read_file(prefix() + "/share/man/man1/cppcgi.1"),
                    HasSubstr(".TH CPPCGI 1"));
    }
    const Exit removed = make("uninstall");
    EXPECT_EQ(removed.status, 0) << removed.output;
    EXPECT_THAT(left(), IsEmpty());
}

TEST_F(Install, CMakeFindsIt) {
    if (run({"/bin/sh", "-c", "command -v cmake"}).status != 0)
        GTEST_SKIP() << "needs cmake";
    const Exit installed = make("install");
    ASSERT_EQ(installed.status, 0) << installed.output;
    directory.write("greet.cc", greet);
    directory.write("CMakeLists.txt",
                    "cmake_minimum_required(VERSION 3.16)\nproject(greet CXX)\n"
                    "find_package(cppcgi REQUIRED)\n"
                    "cppcgi_add_handler(greet greet.cc)\n"
                    "add_executable(program greet.cc)\n"
                    "target_link_libraries(program cppcgi::cppcgi)\n"
                    "if(TARGET cppcgi::fcgi)\nadd_executable(worker greet.cc)\n"
                    "target_link_libraries(worker cppcgi::fcgi)\nendif()\n");
    const Exit built = sh("cmake -B out -DCMAKE_PREFIX_PATH=" + prefix() +
                          " . && cmake --build out -j2");
    ASSERT_EQ(built.status, 0) << built.output;
    expect_served(directory / "out/greet.so");
    EXPECT_THAT(sh("out/program name=Ada").output, HasSubstr("Hello, Ada!"));
    if (fs::exists(directory / "out/worker")) {
        EXPECT_THAT(sh("out/worker name=Ada").output, HasSubstr("Hello, Ada!"));
        EXPECT_THAT(sh("out/worker --listen nowhere").output,
                    HasSubstr("it is neither unix:PATH nor HOST:PORT"));
    }
}

TEST_F(Install, StagedUnderDestdirLeavesNothing) {
    const std::string options = " DESTDIR=" + (directory / "stage");
    const Exit installed = make("install" + options);
    ASSERT_EQ(installed.status, 0) << installed.output;
    EXPECT_TRUE(fs::exists(directory / "stage" + prefix() + "/lib/libcppcgi.so.1"));
    EXPECT_FALSE(fs::exists(prefix()));
    const Exit removed = make("uninstall" + options);
    EXPECT_EQ(removed.status, 0) << removed.output;
    EXPECT_TRUE(fs::is_empty(directory / "stage"));
}

}  // namespace
}  // namespace cppcgi_test
