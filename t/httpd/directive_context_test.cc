// Each directive is taken in the contexts of the table in README.md and refused in the
// others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

constexpr const char* library = "CppCGILibrary ${TEST_HANDLERS}/probe.so\n";

constexpr const char* of_the_server[] = {"CppCGILibraryDir /tmp",
                                         "CppCGIWritableLibraries on"};
constexpr const char* of_hosts[] = {"CppCGILibrary ${TEST_HANDLERS}/probe.so probe2",
                                    "CppCGISpoolDir /tmp"};
constexpr const char* of_directories[] = {
    "CppCGIHandler probe:other", "CppCGIHandler none a.cgi", "CppCGIParam name value",
    "CppCGIFallback none",       "CppCGIArguments off",      "CppCGIAbort off",
    "CppCGITimeout 500ms",       "CGIScriptTimeout 5",       "CGIDScriptTimeout 5s",
    "CppCGIMaxBody 1G",          "CppCGIMaxField 1M",        "CppCGIMaxFile 1m",
    "CppCGIMaxMemory 1k",        "CppCGIMaxPartHeader 100",  "CppCGIMaxFields 1",
    "CppCGIMaxNesting 0"};

struct Context {
    std::string name, open, close;
    std::string around(const std::string& line) const {
        return open + line + "\n" + close;
    }
};

const Context virtual_host{"VirtualHost", "<VirtualHost *:${PORT}>\n",
                           "</VirtualHost>\n"};

std::vector<Context> sections() {
    return {{"Directory", "<Directory /a>\n", "</Directory>\n"},
            {"DirectoryMatch", "<DirectoryMatch ^/a>\n", "</DirectoryMatch>\n"},
            {"Location", "<Location /a>\n", "</Location>\n"},
            {"LocationMatch", "<LocationMatch ^/a>\n", "</LocationMatch>\n"},
            {"Files", "<Files a>\n", "</Files>\n"},
            {"If", "<If \"true\">\n", "</If>\n"}};
}

class Directives : public HttpdTest {
protected:
    void expect_refused(const Context& context, const std::string& line) {
        const Exit exit = server.configtest(library + context.around(line));
        EXPECT_EQ(exit.status, 1) << context.name << ": " << line;
        EXPECT_THAT(exit.output, HasSubstr(line.substr(0, line.find(' '))));
        EXPECT_THAT(exit.output, HasSubstr("configtest.conf:\n"));
    }
};

TEST_P(Directives, AreTakenWhereTheyBelong) {
    std::string config = library;
    for (const char* line : of_the_server) config += std::string(line) + "\n";
    for (const char* line : of_hosts)
        config += std::string(line) + "\n" + virtual_host.around(line);
    for (const char* line : of_directories) {
        config += std::string(line) + "\n" + virtual_host.around(line);
        for (const Context& section : sections())
            config += section.around(line) + virtual_host.around(section.around(line));
    }
    const Exit exit = server.configtest(config);
    EXPECT_EQ(exit.status, 0) << exit.output;
}

TEST_P(Directives, OfTheServerAreRefusedElsewhere) {
    for (const char* line : of_the_server) {
        expect_refused(virtual_host, line);
        expect_refused(sections()[0], line);
        expect_refused(sections()[2], line);
    }
}

TEST_P(Directives, OfHostsAreRefusedInSections) {
    for (const char* line : of_hosts)
        for (const Context& section : sections()) expect_refused(section, line);
}

TEST_P(Directives, RegisterNothingInsideLimit) {
    expect_refused(
        {"Limit", "<Location /a>\n<Limit POST>\n", "</Limit>\n</Location>\n"},
        "CppCGIHandler probe");
}

TEST_P(Directives, InHtaccessAskForTheirOverride) {
    std::vector<std::string> allowed_by_file_info = {"CppCGIHandler probe:other"};
    std::vector<std::string> allowed_by_options = {"CppCGIFallback none"};
    std::vector<std::string> never;
    for (const char* line : of_the_server) never.emplace_back(line);
    for (const char* line : of_hosts) never.emplace_back(line);
    for (const std::string line : of_directories)
        if (!line.starts_with("CppCGIHandler") && !line.starts_with("CppCGIFallback"))
            never.push_back(line);
    int number = 0;
    std::string config = library;
    const auto folder = [&](const std::string& line, const std::string& override) {
        const std::string name = "d" + std::to_string(++number);
        server.write("docroot/" + name + "/.htaccess", line + "\n");
        server.write("docroot/" + name + "/page.html", "page");
        config += "<Directory ${DOCROOT}/" + name + ">\nAllowOverride " + override +
                  "\n</Directory>\n";
        return "/" + name + "/page.html";
    };
    std::vector<std::pair<std::string, long>> cases;
    for (const auto& line : allowed_by_file_info) {
        cases.emplace_back(folder(line, "FileInfo"), 200);
        cases.emplace_back(folder(line, "Options"), 500);
        cases.emplace_back(folder(line, "None"), 200);
    }
    for (const auto& line : allowed_by_options) {
        cases.emplace_back(folder(line, "Options"), 200);
        cases.emplace_back(folder(line, "FileInfo"), 500);
    }
    for (const auto& line : never) cases.emplace_back(folder(line, "All"), 500);
    server.start(config);
    for (const auto& [path, status] : cases)
        EXPECT_EQ(client().get(path).status, status) << read_file(
            server.docroot().native() + path.substr(0, path.rfind('/')) + "/.htaccess");
    server.claim("CppCGILibrary not allowed here");
    server.claim("CppCGI\\w+ not allowed here");
    server.claim("CGID?ScriptTimeout not allowed here");
}

INSTANTIATE_TEST_SUITE_P(Once, Directives, ::testing::Values("event"));

}  // namespace
}  // namespace cppcgi_test
