// A private httpd for one test: its own folder below /tmp, generated configuration, a
// free port of 127.0.0.1, one MPM. As root its children run as www-data or nobody. The
// configuration text of a test may use ${ROOT}, ${DOCROOT}, ${BUILD}, ${HANDLERS} (the
// examples), ${TEST_HANDLERS} (t/handlers) and ${PORT}.
//
//     class Greeting : public HttpdTest {};
//     TEST_P(Greeting, NamesTheVisitor) {
//         server.start("CppCGILibrary ${HANDLERS}/hello.so\n"
//                      "<Location /hello>\n CppCGIHandler hello\n</Location>\n");
//         EXPECT_EQ(client().get("/hello").status, 200);
//     }
//     CPPCGI_ON_EVERY_MPM(Greeting);
#ifndef CPPCGI_T_HTTPD_SERVER_H
#define CPPCGI_T_HTTPD_SERVER_H

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "t/httpd/client.h"
#include "t/httpd/error_log.h"
#include "t/process.h"

namespace cppcgi_test {

class Server {
public:
    explicit Server(std::string mpm);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Before start: loads one more module of httpd, by the name in its file
    // ("mod_rewrite.so" is "rewrite"), and sets a variable in the server's environment.
    void load(const std::string& module) { modules_.push_back(module); }
    void setenv(const std::string& entry) { environment_.push_back(entry); }
    // Without mod_cppcgi: for comparing with mod_cgi.
    void without_cppcgi() { cppcgi_ = false; }

    // Starts with this text behind the generated configuration and waits until it
    // answers. Fails the test, with the server's own words, when it does not.
    void start(const std::string& config = {});
    // Writes the configuration anew; graceful() or restart() make the server read it.
    void configure(const std::string& config);
    // By signal, as an administrator's script does; waits until the new generation is
    // up and the old one takes no new connection, or says false when the server ended.
    // Requests and kept connections of the old generation may still live.
    bool graceful();
    bool restart();
    // SIGTERM, and SIGKILL when that does not end it in time. Also done at the end.
    void stop();
    bool running();

    // `httpd -t` on the generated configuration with this text, run by a program before
    // it: {"setpriv", "--reuid=nobody"}.
    Exit configtest(const std::string& config, std::vector<std::string> by = {});
    // The httpd program with other arguments on the present configuration:
    // {"-k", "graceful"}.
    Exit httpd(const std::vector<std::string>& arguments);

    // Writes a file below root ("docroot/a.sh") with its folders, readable for the
    // server's user, and returns its path.
    std::filesystem::path write(const std::filesystem::path& name,
                                std::string_view text, unsigned mode = 0644);
    // Copies a built file ("cgi-bin/hello.cgi" below the build folder) to below root.
    std::filesystem::path install(const std::filesystem::path& built,
                                  const std::filesystem::path& name,
                                  unsigned mode = 0755);
    // A self-signed certificate for localhost: ${ROOT}/tls.crt and ${ROOT}/tls.key.
    void make_certificate();

    const std::filesystem::path& root() const { return root_; }
    std::filesystem::path docroot() const { return root_ / "docroot"; }
    std::filesystem::path handlers() const { return build_dir() / "handlers"; }
    const std::string& mpm() const { return mpm_; }
    bool threaded() const { return mpm_ != "prefork"; }
    std::uint16_t port() const { return port_; }
    std::string url(const std::string& path = {}) const;
    pid_t pid() const { return pid_; }
    // The server's children that live now.
    std::vector<pid_t> children() const;
    // A line of /proc/PID/status, "VmRSS:", of all of them together, in bytes.
    std::uint64_t memory(const std::string& line) const;
    // The user that the server's children run as; empty when it is ours.
    static std::string user();

    ErrorLog& log() { return log_; }
    std::string claim(const std::string& pattern) { return log_.claim(pattern); }

    // Adds a failure for each unclaimed line, crashed child and sanitizer report.
    void expect_calm();

private:
    bool try_start();
    bool wait_generation(std::size_t generations_before);
    std::size_t generations() const;
    std::string generated(const std::string& config) const;
    std::vector<std::string> environment() const;

    std::string mpm_;
    std::filesystem::path root_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
    bool cppcgi_ = true;
    std::string config_;
    std::vector<std::string> modules_;
    std::vector<std::string> environment_;
    ErrorLog log_;
};

// What the server under test is built with: "address", "thread", or "" for neither. The
// test program itself is not; mk/check.mk sets CPPCGI_TEST_SANITIZER and the libraries
// to preload, CPPCGI_TEST_PRELOAD.
std::string sanitizer();

// The MPMs to test under: CPPCGI_TEST_MPMS ("prefork worker event"), else event.
std::vector<std::string> mpms();

class HttpdTest : public ::testing::TestWithParam<std::string> {
protected:
    void TearDown() override;
    Client client() const { return Client(server.url()); }

    Server server{GetParam()};
};

#define CPPCGI_ON_EVERY_MPM(fixture)                                                   \
    INSTANTIATE_TEST_SUITE_P(Mpm, fixture, ::testing::ValuesIn(::cppcgi_test::mpms()), \
                             [](const auto& mpm_) { return mpm_.param; })

}  // namespace cppcgi_test

#endif
