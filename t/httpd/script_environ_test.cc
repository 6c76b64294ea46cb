// The environment and the ways to a script are those of mod_cgi: the same requests to a
// server with it and to ours, compared name by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "t/httpd/scripts.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* site = R"(
ScriptAlias /bin/ "${ROOT}/bin/"
ScriptAliasMatch ^/match/(.*)$ "${ROOT}/bin/$1"
<Directory "${ROOT}/bin">
Require all granted
</Directory>
SetEnv FROM_SETENV "a value"
SetEnv REMOTE_ADDR 6.6.6.6
SetEnv SCRIPT_NAME /forged
SetEnv GATEWAY_INTERFACE forged
PassEnv PASSED
SetEnvIf X-Probe (.*) PROBE=$1
Action wrapped /bin/env.cgi
<Location /wrapped>
SetHandler wrapped
</Location>
<Location /passauth>
</Location>
<Directory "${DOCROOT}/auth">
CGIPassAuth On
</Directory>
<Directory "${DOCROOT}/current">
CGIVar REQUEST_URI current-uri
</Directory>
<Directory "${DOCROOT}/index">
DirectoryIndex env.cgi
</Directory>
<Directory "${DOCROOT}/views">
Options +MultiViews
</Directory>
ErrorDocument 404 /bin/env.cgi
RewriteEngine on
RewriteRule ^/rewritten/(.*)$ /bin/env.cgi/$1?got=$1 [PT,E=REWRITTEN:yes]
Alias /type "${ROOT}/type"
<Directory "${ROOT}/type">
Require all granted
Options +ExecCGI
AddType application/x-httpd-cgi .typed
</Directory>
)";

class ScriptEnviron : public ScriptTest {
protected:
    ScriptEnviron() {
        peer.without_cppcgi();
        for (Server* one : {&server, &peer}) {
            one->load("actions");
            for (const char* module : {"setenvif", "negotiation", "rewrite", "headers"})
                one->load(module);
            one->setenv("PASSED=on");
            for (const char* place :
                 {"bin/env.cgi", "docroot/env.cgi", "docroot/auth/env.cgi",
                  "docroot/current/env.cgi", "docroot/index/env.cgi",
                  "docroot/views/env.cgi", "type/env.typed", "docroot/x.env.cgi.en"})
                one->write(place,
                           "#!/bin/sh\necho Content-Type: text/plain; echo\n"
                           "exec /usr/bin/env\n",
                           0755);
        }
        peer.load("cgi");
    }
    void start_both() {
        start(site);
        peer.start(std::string(scripts_run) + site);
    }
    // Sorted, with what differs between two servers made equal.
    static std::vector<std::string> lines(const Server& one, std::string text) {
        const auto replace = [&](const std::string& from, const std::string& to) {
            for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;)
                text.replace(at, from.size(), to);
        };
        replace(one.root().native(), "ROOT");
        replace(std::to_string(one.port()), "PORT");
        std::vector<std::string> result;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);)
            if (!line.starts_with("REMOTE_PORT=")) result.push_back(line);
        std::sort(result.begin(), result.end());
        return result;
    }
    void expect_same(const Question& question) {
        Client theirs(peer.url());
        const Reply want = theirs.send(question);
        const Reply have = client().send(question);
        EXPECT_EQ(have.status, want.status) << question.path;
        EXPECT_EQ(lines(server, have.body), lines(peer, want.body)) << question.path;
        EXPECT_THAT(want.body, HasSubstr("GATEWAY_INTERFACE=CGI/1.1")) << question.path;
    }
    void TearDown() override {
        peer.stop();
        ScriptTest::TearDown();
    }

    Server peer{GetParam()};
};

TEST_P(ScriptEnviron, IsThatOfModCgi) {
    start_both();
    for (const char* path :
         {"/env.cgi", "/env.cgi?a=b&c=%20d", "/env.cgi/path/in%20fo?q",
          "/env.cgi//x//y", "/bin/env.cgi", "/bin/env.cgi/more",
          "/match/env.cgi/even/more?x=y", "/wrapped/some/thing?z=1",
          "/current/env.cgi/p", "/index/", "/views/env", "/views/env/info",
          "/not/there?lost=1", "/rewritten/it", "/type/env.typed/y", "/x.env.cgi.en"})
        expect_same({.path = path});
    const Headers headers = {"X-Probe: 7",           "X_Under: no",
                             "Proxy: http://evil",   "Authorization: Basic eDp5",
                             "Cookie: a=b; c=d",     "Accept-Language: de",
                             "REMOTE_ADDR: 1.2.3.4", "User-Agent: () { :;}; id",
                             "X-Twice: 1",           "X-Twice: 2"};
    for (const char* path : {"/env.cgi", "/auth/env.cgi", "/bin/env.cgi/x"})
        expect_same({.path = path, .headers = headers});
    expect_same({.path = "/env.cgi/a?b", .method = "POST", .body = "c=d"});
    expect_same({.path = "/env.cgi",
                 .method = "PUT",
                 .headers = {"Content-Type: text/x-mine"},
                 .body = "data"});
    for (const char* method : {"OPTIONS", "DELETE", "PROPFIND", "PATCH"})
        expect_same({.path = "/env.cgi", .method = method});
    expect_same({.path = "/env.cgi", .version = CURL_HTTP_VERSION_1_0});
    server.log().allow("AH0");
}

TEST_P(ScriptEnviron, HoldsNothingForged) {
    start_both();
    const std::string body =
        client().get("/env.cgi", {"Proxy: http://evil", "REMOTE_USER: root"}).body;
    EXPECT_THAT(body, Not(HasSubstr("HTTP_PROXY")));
    EXPECT_THAT(body, HasSubstr("REMOTE_ADDR=127.0.0.1\n"));
    EXPECT_THAT(body, HasSubstr("SCRIPT_NAME=/env.cgi\n"));
    EXPECT_THAT(body, HasSubstr("GATEWAY_INTERFACE=CGI/1.1\n"));
    EXPECT_THAT(body, HasSubstr("FROM_SETENV=a value\n"));
    EXPECT_THAT(body, Not(HasSubstr("REMOTE_USER")));
}

CPPCGI_ON_EVERY_MPM(ScriptEnviron);

}  // namespace
}  // namespace cppcgi_test
