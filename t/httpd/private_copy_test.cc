// Where private copies go when the system forbids executing memory files or mounts, in a
// mount and process namespace of the test's own; and what is left of them when the server is
// killed: nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <regex>
#include <string>

#include "t/httpd/server.h"
#include "t/process.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

class PrivateCopies : public HttpdTest {
protected:
    const std::string forbid_memfd = "echo 2 > /proc/sys/vm/memfd_noexec && ";

    void SetUp() override {
        if (!sanitizer().empty()) GTEST_SKIP() << "needs its runtime in every process";
        if (geteuid() != 0) GTEST_SKIP() << "needs root, for namespaces";
        const Exit tried = in_namespaces("true");
        if (tried.status != 0) GTEST_SKIP() << "no namespaces: " << tried.output;
        fs::create_directory(server.root() / "copies");
        fs::create_directory(server.root() / "noexec");
        server.install("t/handlers/version.so", "version.so");
    }
    void TearDown() override {
        kill_server();
        HttpdTest::TearDown();
    }

    bool can_forbid_memfd() { return in_namespaces(forbid_memfd + "true").status == 0; }

    static std::vector<std::string> unshared(const std::string& script) {
        return {"unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL",
                "sh",      "-c",      script};
    }
    static Exit in_namespaces(const std::string& script) {
        return run(unshared(script));
    }

    std::string configuration(const std::string& library, const std::string& rest) {
        return rest + "CppCGILibrary " + library +
               "\n<Location /v>\n CppCGIHandler version\n</Location>\n";
    }
    std::string program() const {
        return std::string(CPPCGI_HTTPD) + " -d " + server.root().native() + " -f " +
               (server.root() / "httpd.conf").native();
    }
    std::string noexec_mount() const {
        return "mount -t tmpfs -o noexec,mode=755 tmpfs " +
               (server.root() / "noexec").native() + " && cp " +
               (server.root() / "version.so").native() + " " +
               (server.root() / "noexec").native() + " && ";
    }
    // The server is the first process of its namespace, which goes with it.
    void start(const std::string& prepare, const std::string& config) {
        server.configure(config);
        launcher_ = cppcgi_test::start(
            unshared(prepare + "exec " + program() + " -DFOREGROUND -k start"), {},
            server.root() / "output");
        EXPECT_TRUE(poll_until([this] { return client().get("/").status != 0; },
                               std::chrono::seconds(30)))
            << read_file(server.root() / "output");
    }
    void kill_server() {
        if (launcher_ < 0) return;
        kill(launcher_, SIGKILL);
        waitpid(launcher_, nullptr, 0);
        launcher_ = -1;
        EXPECT_TRUE(poll_until([this] { return client().get("/").status == 0; }));
    }
    // How a child has the library mapped: the names in its maps.
    std::string mapped() const {
        std::string found;
        for (const auto& entry : fs::directory_iterator("/proc")) {
            const std::string maps = read_file(entry.path() / "maps");
            const std::string mine = server.root().native();
            const std::string command = read_file(entry.path() / "cmdline");
            if (command.find(mine) == std::string::npos) continue;
            std::smatch match;
            for (auto rest = maps.cbegin(); std::regex_search(
                     rest, maps.cend(), match,
                     std::regex("r-xp.*(/memfd:cppcgi:version|" + mine + "/[^\\n]*)"));
                 rest = match.suffix().first)
                found += match[1].str() + "\n";
        }
        return found;
    }
    static bool is_empty(const fs::path& directory) {
        return fs::directory_iterator(directory) == fs::directory_iterator();
    }

private:
    pid_t launcher_ = -1;
};

TEST_P(PrivateCopies, AreMemoryFilesThatLeaveNothing) {
    // Not even the mount that the library lies on matters.
    start(noexec_mount(), configuration("${ROOT}/noexec/version.so", ""));
    EXPECT_EQ(client().get("/v").body, "build number 1");
    EXPECT_THAT(mapped(), HasSubstr("/memfd:cppcgi:version"));
    kill_server();
    EXPECT_TRUE(is_empty(server.root() / "copies"));
}

TEST_P(PrivateCopies, GoToTheDirectoryWhereMemoryFilesAreForbidden) {
    if (!can_forbid_memfd()) GTEST_SKIP() << "no vm.memfd_noexec (Linux 6.3)";
    for (const std::string reload : {"", "CppCGIReload auto\n"}) {
        server.install("t/handlers/version_one.so", "version.so");
        start(forbid_memfd,
              configuration("${ROOT}/version.so",
                            reload + "CppCGILibraryDir ${ROOT}/copies\n"));
        EXPECT_EQ(client().get("/v").body, "one");
        EXPECT_THAT(mapped(), HasSubstr("/copies/"));
        EXPECT_THAT(mapped(), Not(HasSubstr("memfd")));
        EXPECT_TRUE(is_empty(server.root() / "copies")) << "while it runs";
        // Overwriting the file does not reach what runs.
        server.install("t/handlers/version_two.so", "version.so");
        if (reload.empty()) {
            EXPECT_EQ(client().get("/v").body, "one");
        } else {
            // A child may not write there: it goes on with the old one, and says so.
            fs::permissions(server.root() / "copies", fs::perms::all);
            EXPECT_TRUE(
                poll_until([this] { return client().get("/v").body == "two"; }));
        }
        kill_server();
        EXPECT_TRUE(is_empty(server.root() / "copies")) << "after SIGKILL";
    }
}

TEST_P(PrivateCopies, AreDoneWithoutWhenNoPlaceIsAllowed) {
    if (!can_forbid_memfd()) GTEST_SKIP() << "no vm.memfd_noexec (Linux 6.3)";
    start(forbid_memfd + noexec_mount(),
          configuration("${ROOT}/version.so", "CppCGILibraryDir ${ROOT}/noexec\n"));
    EXPECT_EQ(client().get("/v").body, "build number 1");
    EXPECT_THAT(mapped(), HasSubstr("/version.so"));
    const char* const warning = "CPPCGI0113: .*version.so.*memfd_noexec.*noexec";
    server.claim(warning);
    server.claim("CPPCGI0113: .*libcppcgi.so.1");
    // And before the error log was open.
    EXPECT_THAT(read_file(server.root() / "output"), ::testing::ContainsRegex(warning));
}

TEST_P(PrivateCopies, AreNeededWhereTheLibraryMayNotBeExecuted) {
    if (!can_forbid_memfd()) GTEST_SKIP() << "no vm.memfd_noexec (Linux 6.3)";
    server.configure(configuration("${ROOT}/noexec/version.so", ""));
    const Exit refused =
        in_namespaces(forbid_memfd + noexec_mount() + "exec " + program() + " -t");
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.output, HasSubstr("CPPCGI0114"));
    EXPECT_THAT(refused.output, HasSubstr("CppCGILibraryDir"));
}

CPPCGI_ON_EVERY_MPM(PrivateCopies);

}  // namespace
}  // namespace cppcgi_test
