// What restarts do with libraries that change, break and come back: new code after each,
// the last good copy while there is no better, and never a server that does not go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Restart : public HttpdTest {
protected:
    const std::string library = "CppCGILibrary ${ROOT}/version.so\n";
    const std::string location = "<Location /v>\nCppCGIHandler version\n</Location>\n";
    const std::string config = library + location;
    std::filesystem::path file = server.root() / "version.so";

    static std::string build(char number) {
        std::string bytes = read_file(build_dir() / "t/handlers/version.so");
        const std::string text = "build number ";
        bytes[bytes.find(text) + text.size()] = number;
        return bytes;
    }
    void write_in_place(const std::string& bytes) {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    }
    void replace(const std::string& bytes) {
        server.write("version.so.new", bytes);
        std::filesystem::rename(server.root() / "version.so.new", file);
    }
    std::string answer(const std::string& path = "/v") {
        const Reply reply = client().get(path);
        return reply.status == 200 ? reply.body : std::to_string(reply.status);
    }
    std::string maps(pid_t pid) {
        return read_file("/proc/" + std::to_string(pid) + "/maps");
    }
};

TEST_P(Restart, BringsNewCodeAndKeepsTheOldUntilThen) {
    replace(build('1'));
    server.start(config);
    EXPECT_EQ(answer(), "build number 1");
    write_in_place(build('2'));
    EXPECT_EQ(answer(), "build number 1");
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(answer(), "build number 2");
    replace(build('3'));
    ASSERT_TRUE(server.restart());
    EXPECT_EQ(answer(), "build number 3");
}

TEST_P(Restart, ServesTheLastGoodCopyOfWhatCannotBeOpened) {
    replace(build('1'));
    server.start(config);
    const std::string good = build('1');
    const std::vector<std::pair<std::string, std::string>> broken = {
        {good.substr(0, good.size() / 2), "CPPCGI0106: "},
        {"", "CPPCGI010[36]: "},
        {"#!/bin/sh\n", "CPPCGI0103: "},
        {read_file(build_dir() / "t/handlers/constructor_crashes.so"), "CPPCGI0122: "}};
    for (const auto& [bytes, line] : broken) {
        write_in_place(bytes);
        ASSERT_TRUE(server.graceful()) << line;
        EXPECT_EQ(answer(), "build number 1") << line;
        server.claim(line);
        // And once more: the copy is still there.
        ASSERT_TRUE(server.graceful());
        EXPECT_EQ(answer(), "build number 1");
    }
    server.claim("CPPCGI0150: library version is served from its last good copy");
    std::filesystem::remove(file);
    ASSERT_TRUE(server.restart());
    EXPECT_EQ(answer(), "build number 1");
    server.claim("CPPCGI0100: ");
    replace(build('2'));
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(answer(), "build number 2");
}

TEST_P(Restart, Answers503ForWhatItNeverHad) {
    replace(build('1'));
    server.start(config);
    server.configure(config +
                     "CppCGILibrary ${ROOT}/new.so\n"
                     "<Location /new>\nCppCGIHandler new\n</Location>\n"
                     "<Location /unknown>\nCppCGIHandler version:unknown\n</Location>\n"
                     "<Location /nameless>\nCppCGIHandler nameless\n</Location>\n");
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(answer(), "build number 1");
    EXPECT_EQ(answer("/new"), "503");
    EXPECT_EQ(answer("/unknown"), "503");
    EXPECT_EQ(answer("/nameless"), "503");
    server.claim("CPPCGI0100: .*new.so.*httpd.conf:\\d+\\)");
    server.claim("CPPCGI0022: .*unknown.*httpd.conf:\\d+\\)");
    server.claim("CPPCGI0020: .*nameless.*httpd.conf:\\d+\\)");
    server.claim("CPPCGI0206: handler new cannot be served: CPPCGI0100");
    server.claim("CPPCGI0206: handler version:unknown cannot be served: CPPCGI0022");
    server.claim("CPPCGI0206: handler nameless cannot be served: CPPCGI0020");
}

TEST_P(Restart, AskedForByCommandIsRefusedWhileALibraryIsBroken) {
    replace(build('1'));
    server.start(config);
    write_in_place("broken");
    const Exit graceful = server.httpd({"-k", "graceful"});
    EXPECT_EQ(graceful.status, 1);
    EXPECT_THAT(graceful.output, HasSubstr("CPPCGI0103"));
    EXPECT_EQ(server.httpd({"-k", "restart"}).status, 1);
    EXPECT_EQ(answer(), "build number 1");
    EXPECT_EQ(server.log().count("SIGUSR1|SIGHUP"), 0u);
    write_in_place(build('2'));
    EXPECT_EQ(server.httpd({"-k", "graceful"}).status, 0);
    EXPECT_TRUE(poll_until([this] { return answer() == "build number 2"; }));
}

TEST_P(Restart, StopsWithABrokenLibrary) {
    replace(build('1'));
    server.start(config);
    write_in_place("broken");
    const Exit stop = server.httpd({"-k", "stop"});
    EXPECT_EQ(stop.status, 0) << stop.output;
    EXPECT_TRUE(poll_until([this] { return !server.running(); }));
}

TEST_P(Restart, StopsGracefullyWithABrokenLibrary) {
    replace(build('1'));
    server.start(config);
    std::filesystem::remove(file);
    const Exit stop = server.httpd({"-k", "graceful-stop"});
    EXPECT_EQ(stop.status, 0) << stop.output;
    EXPECT_TRUE(poll_until([this] { return !server.running(); }));
}

TEST_P(Restart, RunsConstructorsUnderTheServersUserOnly) {
    const auto report = server.write("report/file", "", 0666);
    server.setenv("CPPCGI_TEST_REPORT=" + report.native());
    server.start("CppCGILibrary ${TEST_HANDLERS}/constructor_tells.so\n");
    ASSERT_TRUE(server.graceful());
    // The checking process, a child, and one after the restart.
    std::string text;
    EXPECT_TRUE(poll_until([&] {
        text = read_file(report);
        return std::count(text.begin(), text.end(), '\n') >= 3;
    })) << text;
    std::istringstream lines(text);
    for (unsigned long pid = 0, user = 0; lines >> pid >> user;) {
        EXPECT_NE(static_cast<pid_t>(pid), server.pid());
        EXPECT_TRUE(user != 0 || Server::user().empty());
    }
}

TEST_P(Restart, OpensNoLibraryInTheParent) {
    replace(build('1'));
    server.start(config);
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(answer(), "build number 1");
    EXPECT_THAT(maps(server.pid()), Not(HasSubstr("version")));
    EXPECT_THAT(maps(server.pid()), Not(HasSubstr("memfd")));
    EXPECT_THAT(maps(server.pid()), Not(HasSubstr("libcppcgi")));
    const auto is_mapped = [this](pid_t child) {
        return maps(child).find("memfd") != std::string::npos;
    };
    // A child opens its libraries a moment after it is born.
    EXPECT_TRUE(poll_until([&] {
        const auto children = server.children();
        return std::any_of(children.begin(), children.end(), is_mapped);
    }));
}

TEST_P(Restart, LoadsTheModuleAnewFromAReplacedFile) {
    // A copy, so that it may be replaced.
    const auto copy = [this] {
        server.install("lib/mod_cppcgi.so", "module/mod_cppcgi.so.new");
        std::filesystem::rename(server.root() / "module/mod_cppcgi.so.new",
                                server.root() / "module/mod_cppcgi.so");
        struct stat status {};
        stat((server.root() / "module/mod_cppcgi.so").c_str(), &status);
        return " " + std::to_string(status.st_ino) + " ";
    };
    server.without_cppcgi();
    server.install("lib/libcppcgi.so.1", "module/libcppcgi.so.1");
    const std::string first = copy();
    replace(build('1'));
    server.start("LoadModule cppcgi_module ${ROOT}/module/mod_cppcgi.so\n" + config);
    EXPECT_EQ(answer(), "build number 1");
    EXPECT_THAT(maps(server.pid()), HasSubstr(first));
    const std::string second = copy();
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(answer(), "build number 1");
    EXPECT_THAT(maps(server.pid()), HasSubstr(second));
    EXPECT_THAT(maps(server.pid()), Not(HasSubstr("mod_cppcgi.so (deleted)")));
    EXPECT_THAT(maps(server.pid()), Not(HasSubstr(first)));
    // libcppcgi missing for a while, as in the middle of an upgrade.
    std::filesystem::remove(server.root() / "module/libcppcgi.so.1");
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(answer(), "build number 1");
}

TEST_P(Restart, TakesTheModuleInAndOut) {
    server.without_cppcgi();
    replace(build('1'));
    server.start();
    EXPECT_EQ(answer(), "404");
    const std::string load = "LoadModule cppcgi_module ${BUILD}/lib/mod_cppcgi.so\n";
    for (int i = 0; i < 2; ++i) {
        server.configure(load + config);
        ASSERT_TRUE(server.graceful());
        EXPECT_EQ(answer(), "build number 1");
        server.configure("");
        ASSERT_TRUE(server.graceful());
        EXPECT_EQ(answer(), "404");
        EXPECT_THAT(maps(server.pid()), Not(HasSubstr("mod_cppcgi")));
    }
    // Added to a server that runs, a library that cannot be opened does not end it.
    write_in_place("broken");
    server.configure(load + config);
    ASSERT_TRUE(server.graceful());
    server.log().allow("CPPCGI01|CPPCGI0206");
    answer();
}

// `a2enmod cppcgi && apachectl graceful` on a server that runs.
TEST_P(Restart, EnablesTheModuleAsA2enmodDoes) {
    server.without_cppcgi();
    replace(build('1'));
    server.start(
        "IncludeOptional ${ROOT}/mods-enabled/*.load\n"
        "IncludeOptional ${ROOT}/mods-enabled/*.conf\n"
        "<IfModule cppcgi_module>\n" +
        config + "</IfModule>\n");
    EXPECT_EQ(answer(), "404");
    std::string load = read_file(source_dir() / "conf/cppcgi.load");
    const std::string installed = "/usr/lib/apache2/modules";
    load.replace(load.find(installed), installed.size(),
                 (build_dir() / "lib").native());
    server.write("mods-enabled/cppcgi.load", load);
    server.write("mods-enabled/cppcgi.conf",
                 read_file(source_dir() / "conf/cppcgi.conf"));
    EXPECT_EQ(server.httpd({"-t"}).status, 0);
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(answer(), "build number 1");
}

TEST_P(Restart, CostsTheParentNothingInTheLongRun) {
    replace(build('1'));
    server.start(config);
    struct Account {
        std::size_t descriptors, mappings, resident;
    };
    const auto account = [this] {
        const std::string proc = "/proc/" + std::to_string(server.pid());
        const auto fds = std::filesystem::directory_iterator(proc + "/fd");
        const std::string status = read_file(proc + "/status");
        const std::string text = maps(server.pid());
        return Account{
            static_cast<std::size_t>(std::distance(begin(fds), end(fds))),
            static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')),
            std::stoul(status.substr(status.find("VmRSS:") + 6))};
    };
    const auto restart = [this](int times) {
        for (int i = 0; i < times; ++i) {
            // Other code each time, so that copies come and go.
            replace(build(static_cast<char>('0' + i % 10)));
            ASSERT_TRUE(server.graceful());
        }
    };
    restart(8);
    const Account before = account();
    // For a long look: CPPCGI_TEST_RESTARTS=200.
    const char* times = std::getenv("CPPCGI_TEST_RESTARTS");
    restart(times ? std::atoi(times) : 12);
    const Account after = account();
    EXPECT_EQ(after.descriptors, before.descriptors);
    EXPECT_EQ(after.mappings, before.mappings);
    EXPECT_LE(after.resident, before.resident + before.resident / 50 + 64);
}

CPPCGI_ON_EVERY_MPM(Restart);

}  // namespace
}  // namespace cppcgi_test
