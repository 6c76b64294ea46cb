// The environment and the ways to a script are those of mod_cgi and mod_cgid: the same
// requests to a server with one of them and to ours, compared name by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/peer.h"

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

class ScriptEnviron : public PeerTest {
protected:
    ScriptEnviron() {
        for (const char* module :
             {"actions", "setenvif", "negotiation", "rewrite", "headers"})
            load_both(module);
        server.setenv("PASSED=on");
        peer.setenv("PASSED=on");
        for (const char* place :
             {"bin/env.cgi", "docroot/env.cgi", "docroot/auth/env.cgi",
              "docroot/current/env.cgi", "docroot/index/env.cgi",
              "docroot/views/env.cgi", "type/env.typed", "docroot/x.env.cgi.en"})
            write_both(place,
                       "#!/bin/sh\ncat >/dev/null\n"
                       "echo Content-Type: text/plain; echo\nexec /usr/bin/env\n",
                       0755);
    }
    void expect_same_variables(const Question& question) {
        expect_same(question);
        EXPECT_THAT(client().send(question).body,
                    HasSubstr("GATEWAY_INTERFACE=CGI/1.1"))
            << question.path;
    }
};

TEST_P(ScriptEnviron, IsThatOfThePeer) {
    start_both(site);
    for (const char* path :
         {"/env.cgi", "/env.cgi?a=b&c=%20d", "/env.cgi/path/in%20fo?q",
          "/env.cgi//x//y", "/bin/env.cgi", "/bin/env.cgi/more",
          "/match/env.cgi/even/more?x=y", "/wrapped/some/thing?z=1",
          "/current/env.cgi/p", "/index/", "/views/env", "/views/env/info",
          "/not/there?lost=1", "/rewritten/it", "/type/env.typed/y", "/x.env.cgi.en"})
        expect_same_variables({.path = path});
    const Headers headers = {"X-Probe: 7",           "X_Under: no",
                             "Proxy: http://evil",   "Authorization: Basic eDp5",
                             "Cookie: a=b; c=d",     "Accept-Language: de",
                             "REMOTE_ADDR: 1.2.3.4", "User-Agent: () { :;}; id",
                             "X-Twice: 1",           "X-Twice: 2"};
    for (const char* path : {"/env.cgi", "/auth/env.cgi", "/bin/env.cgi/x"})
        expect_same_variables({.path = path, .headers = headers});
    expect_same_variables({.path = "/env.cgi/a?b", .method = "POST", .body = "c=d"});
    expect_same_variables({.path = "/env.cgi",
                           .method = "PUT",
                           .headers = {"Content-Type: text/x-mine"},
                           .body = "data"});
    for (const char* method : {"OPTIONS", "DELETE", "PROPFIND", "PATCH"})
        expect_same_variables({.path = "/env.cgi", .method = method});
    expect_same_variables({.path = "/env.cgi", .version = CURL_HTTP_VERSION_1_0});
    server.log().allow("AH0");
}

TEST_P(ScriptEnviron, HoldsNothingForged) {
    start_both(site);
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
