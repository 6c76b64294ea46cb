// What a handler finds in its environment is what mod_cgi gives a script for the same
// request, name by name; and nobody but the server sets what the server computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"
#include "t/httpd/variables.h"

namespace cppcgi_test {
namespace {

using ::testing::ContainerEq;

class Environment : public HttpdTest {
protected:
    // Two virtual hosts with the same URLs: mod_cgi's scripts serve them for Host: script,
    // handlers for Host: handler.
    void start(const std::string& config = {}) {
        constexpr const char* script =
            "#!/bin/sh\necho Content-Type: text/plain\necho\nenv\n";
        server.load("cgi");
        server.write("cgi/probe", script, 0755);
        server.write("docroot/dir/a.cgi", script, 0755);
        server.write("docroot/there/page.html", "");
        server.start(
            "CppCGILibrary ${TEST_HANDLERS}/probe.so\n"
            "ScriptAlias /app ${ROOT}/cgi/probe\n"
            "<Directory ${DOCROOT}/dir>\nOptions +ExecCGI\n"
            "AddHandler cgi-script .cgi\n</Directory>\n" +
            config +
            "<VirtualHost *:${PORT}>\nServerName site\nServerAlias script\n"
            "</VirtualHost>\n"
            "<VirtualHost *:${PORT}>\nServerName site\nServerAlias handler\n"
            "<Directory ${DOCROOT}/dir>\nCppCGIHandler probe a.cgi\n</Directory>\n"
            "<Location /app>\nCppCGIHandler probe\n</Location>\n</VirtualHost>\n");
    }
    Variables ask(const std::string& host, Question question) {
        question.headers.push_back("Host: " + host);
        Variables found(client().send(question));
        // What differs because it must: the hosts, the connection, the shell's own.
        for (const char* name : {"HTTP_HOST", "SERVER_NAME", "REMOTE_PORT", "UNIQUE_ID",
                                 "PWD", "SHLVL", "_", "OLDPWD", "handler"})
            found.erase(name);
        return found;
    }
    void expect_same(const Question& question) {
        Variables wanted = ask("script", question), found = ask("handler", question);
        // A Location has no file: one in the document root stands for it.
        if (question.path.starts_with("/app")) {
            EXPECT_EQ(found["SCRIPT_FILENAME"], server.docroot() / "app");
            found.erase("SCRIPT_FILENAME");
            wanted.erase("SCRIPT_FILENAME");
        }
        EXPECT_GT(wanted.size(), 12u);
        EXPECT_THAT(found, ContainerEq(wanted)) << question.path;
    }
};

TEST_P(Environment, IsThatOfAScript) {
    start();
    expect_same({.path = "/app"});
    expect_same({.path = "/dir/a.cgi?a=b"});
    expect_same({.path = "/dir/a.cgi/there/page.html"});
    expect_same({.path = "/dir/a.cgi/not/there"});
    expect_same({.path = "/app/"});
    expect_same({.path = "/app/there/page.html?a=b&c=%20d"});
    expect_same({.path = "/app/not/%e4there/x%20y?word+word"});
    expect_same(
        {.path = "/app?x",
         .method = "POST",
         .headers = {"Content-Type: text/plain", "X-Odd.Name: a", "X-Under_Score: b",
                     "Proxy: http://evil", "Authorization: Basic eDp5",
                     "Cookie: a=b; c=d", "Accept-Language: de", "X-Empty;"},
         .body = "body"});
    expect_same({.path = "/app", .method = "PUT", .body = "chunks", .chunked = true});
    expect_same({.path = "/app", .version = CURL_HTTP_VERSION_1_0});
    expect_same({.path = "/app", .method = "DELETE"});
}

TEST_P(Environment, IsThatOfAScriptWithWhatModulesAdd) {
    for (const char* module : {"setenvif", "rewrite", "unique_id"}) server.load(module);
    server.setenv("TZ=Europe/Berlin");
    server.setenv("LD_LIBRARY_PATH=/nowhere");
    start(
        "SetEnv FROM_SETENV 1\nPassEnv TZ\nSetEnvIf User-Agent . from-setenvif=2\n"
        "<Location />\nCGIPassAuth on\n</Location>\nCGIVar REQUEST_URI "
        "current-uri\nServerSignature On\n"
        "UseCanonicalName On\nServerAdmin me@example.org\n");
    expect_same(
        {.path = "/app/a", .headers = {"Authorization: Basic eDp5", "User-Agent: x"}});
}

TEST_P(Environment, TellsTheSameOfOneNameAsOfAll) {
    server.load("unique_id");
    start(
        "<Location /ask>\nCppCGIHandler probe:ask\n</Location>\nSetEnv mixed-Case 1\n");
    const Headers headers = {"Host: handler", "X-A: b", "Cookie: c=d"};
    const Variables all(client().get("/app", headers));
    for (const auto& [name, value] : all) {
        if (name == "handler" || name == "REMOTE_PORT" || name == "UNIQUE_ID" ||
            name.starts_with("CONTEXT_"))
            continue;
        if (name.find('-') != name.npos || value.find("app") != value.npos) continue;
        if (name == "QUERY_STRING") continue;
        EXPECT_EQ(client().get("/ask?" + name, headers).body,
                  name + "=" + value + "\n");
    }
    for (const std::string name :
         {"http_x_a", "request_method", "NO_SUCH_NAME", "PATH_INFO"})
        EXPECT_EQ(client().get("/ask?" + name, headers).body, name + "=(unset)\n");
}

TEST_P(Environment, IsNotSetByTheClientOrByDirectivesWhereTheServerComputesIt) {
    for (const char* module : {"headers", "setenvif"}) server.load(module);
    std::string config;
    for (const char* name :
         {"REMOTE_ADDR", "SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT", "REQUEST_METHOD",
          "QUERY_STRING", "SERVER_PROTOCOL", "GATEWAY_INTERFACE", "DOCUMENT_ROOT",
          "SERVER_SOFTWARE", "REQUEST_URI", "SCRIPT_FILENAME", "PATH_INFO",
          "PATH_TRANSLATED", "HTTP_HOST", "CONTENT_LENGTH", "CONTENT_TYPE"}) {
        config += "SetEnv " + std::string(name) + " evil\n";
        config += "SetEnvIf Request_URI . " + std::string(name) + "=evil\n";
    }
    config +=
        "LogLevel cppcgi:info\nRequestHeader set REMOTE_ADDR evil\nRequestHeader set "
        "Remote-Addr evil2\n"
        "<Location /ask>\nCppCGIHandler probe:ask\n</Location>\n";
    start(config);
    const Question question{
        .path = "/app/info?query",
        .method = "POST",
        .headers = {"Host: handler", "SCRIPT_NAME: evil", "Remote_Addr: evil",
                    "Content-Type: text/plain", "Proxy: evil", "X_Under: evil"},
        .body = "body"};
    const Variables found(client().send(question));
    for (const auto& [name, value] : found) EXPECT_NE(value, "evil") << name;
    EXPECT_EQ(found["REMOTE_ADDR"], "127.0.0.1");
    EXPECT_EQ(found["HTTP_REMOTE_ADDR"], "evil2");
    EXPECT_EQ(found["HTTP_PROXY"], "(none)");
    EXPECT_EQ(found["HTTP_X_UNDER"], "(none)");
    EXPECT_EQ(found["HTTP_SCRIPT_NAME"], "(none)");
    EXPECT_EQ(found["CONTENT_TYPE"], "text/plain");
    server.claim("CPPCGI0212: .* sets SCRIPT_NAME");
    server.claim("CPPCGI0212: .* sets REMOTE_ADDR");
    // The same when each is asked for alone.
    for (const char* name :
         {"REMOTE_ADDR", "REQUEST_METHOD", "QUERY_STRING", "CONTENT_TYPE",
          "CONTENT_LENGTH", "SERVER_PROTOCOL", "HTTP_HOST", "PATH_INFO"}) {
        Question alone = question;
        alone.path = std::string("/ask/info?") + name;
        EXPECT_EQ(client().send(alone).body.find("evil"), std::string::npos) << name;
    }
}

TEST_P(Environment, HasAuthorizationOnlyWhereItIsPassed) {
    start(
        "<Location /headers>\nCppCGIHandler probe:headers\n</Location>\n"
        "<Location /app/passed>\nCGIPassAuth on\n</Location>\n");
    const Headers headers = {"Host: handler", "Authorization: Basic eDp5"};
    EXPECT_EQ(Variables(client().get("/app", headers))["HTTP_AUTHORIZATION"], "(none)");
    EXPECT_EQ(Variables(client().get("/app/passed", headers))["HTTP_AUTHORIZATION"],
              "Basic eDp5");
    EXPECT_EQ(client().get("/headers?authorization", headers).body,
              "authorization=Basic eDp5\n");
}

TEST_P(Environment, OfOneRequestDoesNotReachTheNext) {
    start();
    Client one = client();
    EXPECT_EQ(
        Variables(one.get("/app", {"Host: handler", "X-Canary: 1"}))["HTTP_X_CANARY"],
        "1");
    EXPECT_EQ(Variables(one.get("/app", {"Host: handler"}))["HTTP_X_CANARY"], "(none)");
}

CPPCGI_ON_EVERY_MPM(Environment);

}  // namespace
}  // namespace cppcgi_test
