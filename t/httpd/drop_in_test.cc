// A configuration written for mod_cgi or mod_cgid, with its LoadModule line changed and
// nothing else: both servers answer the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/peer.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// As Debian's mods-available/cgid.conf and conf-available/serve-cgi-bin.conf, and what
// sites write behind them.
constexpr const char* stock = R"(
<IfModule mod_alias.c>
	<IfModule mod_cgi.c>
		Define ENABLE_USR_LIB_CGI_BIN
	</IfModule>
	<IfModule mod_cgid.c>
		Define ENABLE_USR_LIB_CGI_BIN
	</IfModule>
	<IfDefine ENABLE_USR_LIB_CGI_BIN>
		ScriptAlias /cgi-bin/ ${ROOT}/cgi-bin/
		<Directory "${ROOT}/cgi-bin">
			AllowOverride None
			Options +ExecCGI -MultiViews +SymLinksIfOwnerMatch
			Require all granted
		</Directory>
	</IfDefine>
</IfModule>
ScriptLog work/script.log
ScriptLogLength 1000000
ScriptLogBuffer 512
)";

constexpr const char* site = R"(
ScriptAlias /one "${ROOT}/cgi-bin/env.cgi"
<Directory "${DOCROOT}/refused">
Options -ExecCGI
</Directory>
<Directory "${DOCROOT}/plain">
RemoveHandler .cgi
</Directory>
<Files special>
SetHandler cgi-script
</Files>
<Files strict.cgi>
AcceptPathInfo Off
</Files>
<Files open.cgi>
AcceptPathInfo On
</Files>
AllowEncodedSlashes NoDecode
QualifyRedirectURL On
ErrorDocument 403 /cgi-bin/error.cgi
ErrorDocument 404 /cgi-bin/error.cgi?from=404
ErrorDocument 500 /cgi-bin/error.cgi
<Location /limited>
SetHandler cgi-script
RLimitCPU 7 9
RLimitMEM 1000000000
</Location>
SetEnv PATH /usr/bin:/bin
SetEnv ORDER "one two"
PassEnv MISSING
UnsetEnv PASSED
<Directory "${DOCROOT}/pages">
Options +Includes
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
</Directory>
Header set X-Site yes
Header always unset X-Gone
RequestHeader set X-Asked no
Action mine /cgi-bin/env.cgi
AddHandler mine .mine
<Directory "${DOCROOT}/views">
Options +MultiViews
</Directory>
<Directory "${DOCROOT}/index">
DirectoryIndex missing.html index.cgi
</Directory>
<Directory "${DOCROOT}/auth">
AuthType Basic
AuthName x
AuthUserFile ${ROOT}/passwords
Require valid-user
</Directory>
<Directory "${DOCROOT}/auth/passed">
CGIPassAuth On
</Directory>
<Directory "${DOCROOT}/now">
CGIVar REQUEST_URI current-uri
</Directory>
RewriteEngine on
RewriteRule ^/nice/(.*)$ /cgi-bin/env.cgi/$1 [PT,E=NICE:$1]
)";

class DropIn : public PeerTest {
protected:
    DropIn() {
        for (const char* module :
             {"actions", "negotiation", "rewrite", "headers", "setenvif", "include",
              "filter", "authn_core", "authn_file", "auth_basic", "authz_user"})
            load_both(module);
        if (server.threaded()) load_both("http2");
        const std::string env = "#!/bin/sh\necho Content-Type: text/plain; echo\n";
        for (const char* place :
             {"cgi-bin/env.cgi", "docroot/env.cgi", "docroot/refused/env.cgi",
              "docroot/plain/env.cgi", "docroot/special", "docroot/strict.cgi",
              "docroot/open.cgi", "docroot/limited", "docroot/env.cgi.de",
              "docroot/views/env.cgi", "docroot/index/index.cgi",
              "docroot/auth/env.cgi", "docroot/auth/passed/env.cgi",
              "docroot/now/env.cgi", "docroot/htaccess/run.me",
              "docroot/with space.cgi"})
            write_both(place,
                       env +
                           "env; echo cwd=$(basename \"$(pwd)\") n=$#; "
                           "for a in \"$@\"; do echo \"arg=$a\"; done; "
                           "ulimit -t; ulimit -v; echo in=$(cat)\n",
                       0755);
        write_both("cgi-bin/error.cgi",
                   env + "env | grep -E '^(REDIRECT|REQUEST|QUERY|SCRIPT_NAME)'; cat\n",
                   0755);
        write_both("docroot/x.mine", "wrapped");
        write_both("docroot/htaccess/.htaccess",
                   "Options +ExecCGI\nSetHandler cgi-script\nSetEnv HT access\n");
        write_both("passwords", "x:{SHA}lbd9hptzOxznVGVYzFtgLsYzhjo=\n");
        script_both("head.cgi", "cat \"heads/$QUERY_STRING\"");
        script_both("nph-a.cgi",
                    "cat >/dev/null; printf 'HTTP/1.1 234 Mine\\r\\nX-A: "
                    "b\\r\\n\\r\\n'; env | grep HTTP_");
    }
    void start_both_sites() {
        std::string text = std::string(stock) + site;
        if (server.threaded()) text += "ScriptSock ${ROOT}/cgisock\n";
        if (server.threaded()) text += "Protocols h2c http/1.1\n";
        start_both(text);
        server.log().allow("AH0|AH1");
    }
    void allow_faults() { server.log().allow("CPPCGI0[34]"); }
};

TEST_P(DropIn, EveryWayToAScriptIsThePeers) {
    start_both_sites();
    allow_faults();
    for (const char* path : {"/cgi-bin/env.cgi/a/b?c=d",
                             "/cgi-bin/none.cgi",
                             "/cgi-bin/",
                             "/one/more",
                             "/env.cgi",
                             "/refused/env.cgi",
                             "/plain/env.cgi",
                             "/special/x",
                             "/strict.cgi",
                             "/strict.cgi/x",
                             "/open.cgi/x",
                             "/env.cgi/a%2Fb",
                             "/env.cgi/a//b",
                             "/env.cgi/%3Fq",
                             "/limited",
                             "/x.mine",
                             "/x.mine/info?q=1",
                             "/env.cgi.de",
                             "/views/env/info",
                             "/index/",
                             "/index",
                             "/auth/env.cgi",
                             "/now/env.cgi/x?y",
                             "/nice/one?two=3",
                             "/htaccess/run.me",
                             "/with%20space.cgi",
                             "/not/there?x=1",
                             "/none.cgi",
                             "/env.cgi?a+b%20c+%3Bd",
                             "/env.cgi?a=b+c",
                             "/env.cgi?%61",
                             "/env.cgi?-s",
                             "/env.cgi?%ADd+x",
                             "/env.cgi/a%0Ab",
                             "/env.cgi/%E2%B1%A6.cgi",
                             "/env.cgi?+",
                             "/env.cgi?",
                             "/env.cgi?$(id)+`id`"})
        expect_same({.path = path});
    const Headers known = {"Authorization: Basic eDp5",
                           "X-Asked: yes",
                           "Referer: http://x/",
                           "Cookie: a=b",
                           "Content-Type:",
                           "User-Agent: () { :;}; id",
                           "Proxy: http://evil/",
                           "X_y: z"};
    std::vector<long> versions = {CURL_HTTP_VERSION_1_0, CURL_HTTP_VERSION_1_1};
    if (server.threaded()) versions.push_back(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    for (const long version : versions) {
        for (const char* path : {"/one", "/auth/env.cgi", "/auth/passed/env.cgi",
                                 "/cgi-bin/env.cgi/x?y", "/refused/env.cgi"})
            expect_same({.path = path, .headers = known, .version = version});
        expect_same(
            {.path = "/none", .method = "POST", .body = "x", .version = version});
        for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
            for (const char* path : {"/one/x?y=z", "/refused/env.cgi"})
                expect_same({.path = path,
                             .method = method,
                             .headers = {"Content-Type: text/x-mine"},
                             .body = "a body",
                             .version = version});
    }
}

// What a script may write as its head; what differs on purpose stands in doc/scripts.md.
constexpr const char* heads[] = {
    "Content-Type: text/plain\n\nbody\n",
    "Content-Type: text/plain\r\n\r\nbody\n",
    "content-type: TEXT/HTML; Charset=UTF-8\nx-lower: Case\n\nbody\n",
    "Status: 404 Lost\nContent-Type: text/plain\n\nown page\n",
    "Status: 404\n\nown page\n",
    "Status: 403 Forbidden\n\n",
    "Status: 500 Mine\n\nown\n",
    "Status: 201 Created\nLocation: /made\n\nmade\n",
    "Status: 204 No Content\n\n",
    "Status: 304 Not Modified\nETag: \"a\"\n\n",
    "Status: 418 I'm a teapot\n\nshort and stout\n",
    "Status: 299\n\nodd\n",
    "Status: 503 Later\nRetry-After: 5\n\nlater\n",
    "Status:200 Close\n\nbody\n",
    "Location: http://example.org/a?b#c\n\n",
    "Location: http://example.org/\nContent-Type: text/html\n\nmoved\n",
    "Status: 301 Moved\nLocation: http://example.org/\n\nmoved\n",
    "Status: 307 Temporary Redirect\nLocation: /env.cgi\n\n",
    "Status: 302 Found\nLocation: relative\n\n",
    "Location: /env.cgi/local?x=y\n\n",
    "Location: /cgi-bin/env.cgi\nContent-Type: text/x-odd\nX-Mine: z\n\n",
    "Location: /none\n\n",
    "Location: /head.cgi?1\n\n",
    "Set-Cookie: a=b; path=/\nSet-Cookie: c=d\nX-M: 1\nX-M: 2\n\nbody\n",
    "Vary: Cookie\nCache-Control: no-store\nPragma: no-cache\nExpires: 0\n\nbody\n",
    "WWW-Authenticate: Basic realm=\"x\"\nStatus: 401 Who\n\nwho\n",
    "Content-Encoding: x-mine\nContent-Language: de\nContent-Location: /a\n\nb\n",
    "Content-Type: text/plain\nContent-Length: 2\n\nbody\n",
    "ETag: \"mine\"\nContent-Type: text/plain\n\nbody\n",
    "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT\n\nbody\n",
    "Content-Range: bytes 0-3/10\nStatus: 206 Part\n\nbody",
    "Content-Type: text/plain\nX-Gone: x\nX-Site: script\n\nbody\n",
    "Server: mine\nX-Powered-By: sh\n\nbody\n",
    "X-Empty:\nX-Blanks:    two  words\n\nbody\n",
    "\nno head\n",
    "Content-Type: text/plain\n",
    "no colon\n\n",
    "X-A: b\nno colon\n\n",
    "",
    "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nbody\n",
};

TEST_P(DropIn, EveryHeadBecomesWhatThePeerMakesOfIt) {
    for (std::size_t i = 0; i < std::size(heads); ++i)
        write_both("docroot/heads/" + std::to_string(i), heads[i]);
    start_both_sites();
    allow_faults();
    for (std::size_t i = 0; i < std::size(heads); ++i) {
        SCOPED_TRACE(heads[i]);
        const std::string path = "/head.cgi?" + std::to_string(i);
        expect_same_raw("GET " + path, "", {"1.0", "1.1"});
        expect_same_raw("HEAD " + path);
        expect_same_raw("POST " + path, "Content-Length: 0\r\n");
        expect_same_raw("GET " + path,
                        "If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT\r\n");
        expect_same_raw("GET " + path, "If-None-Match: \"mine\"\r\n");
        if (server.threaded())
            expect_same({.path = path, .version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE});
    }
}

TEST_P(DropIn, NphIsThePeers) {
    start_both_sites();
    expect_same_raw("GET /nph-a.cgi", "", {"1.0", "1.1"});
}

TEST_P(DropIn, SsiExecIsThePeers) {
    const char* pages[] = {
        "[<!--#exec cgi=\"/env.cgi\" -->]",
        "[<!--#exec cgi=\"/cgi-bin/env.cgi\" -->]",
        "[<!--#exec cgi=\"/none.cgi\" -->]",
        "[<!--#exec cgi=\"/nph-a.cgi\" -->]",
        "[<!--#exec cgi=\"/head.cgi?14\" -->]",
        "[<!--#exec cmd=\"echo $((1+1)); pwd; exit 3\" -->]",
        "[<!--#exec cmd=\"env | grep -v ^_= | grep -v ^SHLVL= | grep -v QUERY\" -->]",
        "[<!--#exec cmd=\"printf '<b>'; cat\" -->]",
        "[<!--#set var=\"x\" value=\"word\" --><!--#exec cmd=\"echo $x\" -->]",
        "[<!--#include virtual=\"/env.cgi/p?q=r\" -->]",
        "[<!--#if expr=\"0\" --><!--#exec cmd=\"echo no\" --><!--#endif -->]",
        "[<!--#exec -->]",
        "[<!--#exec what=\"x\" -->]"};
    for (std::size_t i = 0; i < std::size(pages); ++i)
        write_both("docroot/pages/" + std::to_string(i) + ".shtml", pages[i]);
    start_both_sites();
    allow_faults();
    for (std::size_t i = 0; i < std::size(pages); ++i) {
        SCOPED_TRACE(pages[i]);
        const std::string page = "/pages/" + std::to_string(i) + ".shtml";
        expect_same({.path = page});
        expect_same({.path = page, .version = CURL_HTTP_VERSION_1_0});
        // A query goes to a script and never to a command (CVE-2025-58098).
        if (i < 5) expect_same({.path = page + "?a=b"});
    }
}

TEST_P(DropIn, ScriptLogIsThePeers) {
    script_both("bad.cgi", "cat >/dev/null; echo oops >&2; echo X-A: b; echo bad line");
    start_both_sites();
    allow_faults();
    const auto fail = [](const Server& one) {
        Client client(one.url());
        EXPECT_EQ(client.get("/refused/env.cgi?a=b").status, 403);
        EXPECT_EQ(client.post("/bad.cgi", "a body", {"X-Probe: 1"}).status, 500);
    };
    fail(server);
    fail(peer);
    const auto log = [](const Server& one) {
        std::string text;
        for (const std::string& line :
             lines(one, read_file(one.root() / "work/script.log")))
            text +=
                std::regex_replace(line, std::regex("^%% \\[[^]]*\\]|:.*off.*"), "") +
                "\n";
        return text;
    };
    const std::string ours = log(server);
    for (const char* part : {"%% 403 ROOT/docroot/refused/env.cgi", "%error",
                             "%% 500 ROOT/docroot/bad.cgi", "%request", "%response",
                             "X-Probe: 1", "a body", "bad line"}) {
        EXPECT_THAT(ours, HasSubstr(part));
        EXPECT_THAT(log(peer), HasSubstr(part));
    }
}

TEST_P(DropIn, SectionsForThePeerHold) {
    const std::string sections =
        "<IfModule mod_cgi.c>\nHeader set A yes\n</IfModule>\n"
        "<IfModule mod_cgid.c>\nHeader set B yes\n</IfModule>\n"
        "<IfModule cgi_module>\nHeader set C yes\n</IfModule>\n"
        "<IfModule cgid_module>\nHeader set D yes\n</IfModule>\n"
        "<IfModule !mod_cgid.c>\nHeader set E yes\n</IfModule>\n"
        "LogLevel cgid:info\n";
    server.write("docroot/a.cgi", "#!/bin/sh\necho; echo ran\n", 0755);
    server.load("headers");
    start(sections);
    for (int round = 0; round < 3; ++round) {
        const Reply reply = client().get("/a.cgi");
        EXPECT_EQ(reply.body, "ran\n");
        for (const char* name : {"A", "B", "C", "D"})
            EXPECT_TRUE(reply.header(name)) << name << round;
        EXPECT_FALSE(reply.header("E"));
        EXPECT_TRUE(round % 2 == 0 ? server.graceful() : server.restart());
    }
}

CPPCGI_ON_EVERY_MPM(DropIn);

}  // namespace
}  // namespace cppcgi_test
