// The statistics are right to the request, survive children and restarts, and are shown as
// a page, as JSON, for Prometheus and by mod_status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <thread>

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* site = R"(
CppCGILibrary ${HANDLERS}/hello.so
CppCGILibrary ${TEST_HANDLERS}/trouble.so
CppCGILibrary ${TEST_HANDLERS}/crash.so
<Location /hello>
CppCGIHandler hello
</Location>
<Location /trouble>
CppCGIHandler trouble
</Location>
<Location /echo>
CppCGIHandler trouble:echo
</Location>
<Location /form>
CppCGIHandler trouble:form
CppCGIMaxMemory 1K
</Location>
<Location /wait>
CppCGIHandler trouble:wait
</Location>
<Location /status>
SetHandler cppcgi-status
</Location>
<Directory ${DOCROOT}>
Options +ExecCGI
AddHandler cgi-script .cgi
</Directory>
)";

class Statistics : public HttpdTest {
protected:
    void start(const std::string& more = {}) {
        server.write("docroot/page.cgi",
                     "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n12345'\n", 0755);
        server.write("docroot/bad.cgi", "#!/bin/sh\nexit 3\n", 0755);
        server.start(site + more);
    }
    std::string metrics() const { return client().get("/status?metrics").body; }
    std::string json() const { return client().get("/status?json").body; }
    // The value of a sample, -1 without one.
    double sample(const std::string& name) const {
        const std::string text = "\n" + metrics();
        const std::size_t at = text.find("\n" + name + " ");
        return at == std::string::npos ? -1
                                       : std::stod(text.substr(at + name.size() + 2));
    }
    double requests(const std::string& handler,
                    const std::string& group = "2xx") const {
        return sample("cppcgi_requests_total{handler=\"" + handler + "\",class=\"" +
                      group + "\"}");
    }
    bool comes(const std::function<bool()>& condition) const {
        for (int waited = 0; waited < 20000; waited += 20) {
            if (condition()) return true;
            usleep(20000);
        }
        return false;
    }
};

TEST_P(Statistics, AreExactUnderLoadOfManyThreadsAndChildren) {
    start(server.threaded() ? "StartServers 4\nMinSpareThreads 64\n"
                            : "StartServers 4\nMinSpareServers 4\n");
    server.log().allow("CPPCGI0203|CPPCGI0400|AH00161");
    constexpr int threads = 16, rounds = 15;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([this] {
            for (int round = 0; round < rounds; ++round) {
                Client each = client();
                EXPECT_EQ(each.get("/hello").status, 200);
                EXPECT_EQ(each.get("/trouble/exception").status, 500);
                EXPECT_EQ(
                    each.post("/echo", "1234567", {"Content-Type: text/plain"}).status,
                    200);
                if (round % 5 == 0) {
                    EXPECT_EQ(each.get("/page.cgi").status, 200);
                }
                if (round % 5 == 1) {
                    EXPECT_EQ(each.get("/bad.cgi").status, 500);
                }
            }
        });
    for (std::thread& thread : all) thread.join();
    constexpr double calls = threads * rounds;
    // A response may be at the client before its call has been counted.
    EXPECT_TRUE(comes([&] {
        return requests("hello:hello") == calls && requests("trouble:echo") == calls &&
               requests("trouble:trouble", "5xx") == calls &&
               requests("scripts") == threads * 3 &&
               requests("scripts", "5xx") == threads * 3;
    })) << metrics();
    EXPECT_EQ(sample("cppcgi_errors_total{handler=\"trouble:trouble\",status=\"500\"}"),
              calls);
    EXPECT_EQ(sample("cppcgi_received_bytes_total{handler=\"trouble:echo\"}"),
              7 * calls);
    // "7 1234567"
    EXPECT_EQ(sample("cppcgi_sent_bytes_total{handler=\"trouble:echo\"}"), 9 * calls);
    EXPECT_EQ(sample("cppcgi_sent_bytes_total{handler=\"scripts\"}"), 5 * threads * 3);
    EXPECT_EQ(sample("cppcgi_duration_seconds_count{handler=\"hello:hello\"}"), calls);
    EXPECT_EQ(sample("cppcgi_in_flight{handler=\"hello:hello\"}"), 0);
}

TEST_P(Statistics, SurviveAKilledChildAndARestart) {
    start();
    EXPECT_EQ(client().get("/hello").status, 200);
    {
        RawSocket waiting(server.port());
        waiting.send("GET /wait?3000 HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string flight = "cppcgi_in_flight{handler=\"trouble:wait\"}";
        EXPECT_TRUE(comes([&] { return sample(flight) == 1; })) << metrics();
        for (const pid_t child : server.children()) kill(child, SIGKILL);
        EXPECT_TRUE(comes([&] { return sample(flight) == 0; })) << metrics();
    }
    EXPECT_EQ(sample("cppcgi_lost_total{handler=\"trouble:wait\"}"), 1);
    EXPECT_EQ(requests("hello:hello"), 1);
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(client().get("/hello").status, 200);
    EXPECT_TRUE(comes([&] { return requests("hello:hello") == 2; })) << metrics();
    ASSERT_TRUE(server.restart());
    EXPECT_EQ(requests("hello:hello"), 2);
    server.log().allow("exit signal");
}

TEST_P(Statistics, CountACrashAndShowIt) {
    if (!sanitizer().empty())
        GTEST_SKIP() << "the sanitizer reports these faults itself";
    start("<Location /crash>\nCppCGIHandler crash:null_write\n</Location>\n");
    EXPECT_NE(client().get("/crash").code, CURLE_OK);
    server.claim("CPPCGI0510");
    server.log().allow("exit signal|AH10392");
    EXPECT_TRUE(comes([&] {
        return sample("cppcgi_crashed_total{handler=\"crash:null_write\"}") == 1 &&
               sample("cppcgi_lost_total{handler=\"crash:null_write\"}") == 1;
    })) << metrics();
    EXPECT_THAT(json(), HasSubstr("\"message\":\"CPPCGI0510\""));
}

// By the parser of Prometheus's own client library.
TEST_P(Statistics, ArePrometheussText) {
    const char* const check = R"(
import sys
from collections import Counter
from prometheus_client.parser import text_string_to_metric_families as parse
families = list(parse(sys.stdin.read()))
assert len({family.name for family in families}) == len(families), 'a name twice'
types = Counter(family.type for family in families)
assert set(types) == {'counter', 'gauge', 'histogram'}, types
samples = [sample for family in families for sample in family.samples]
keys = Counter((s.name, tuple(sorted(s.labels.items()))) for s in samples)
assert max(keys.values()) == 1, 'a sample twice'
counts = {s.labels['handler']: s.value for s in samples if s.name.endswith('_count')}
for handler, count in counts.items():
    buckets = [s.value for s in samples if s.name.endswith('_bucket')
               and s.labels['handler'] == handler]
    assert buckets == sorted(buckets) and buckets[-1] == count, buckets
assert counts['hello:hello'] == 1, counts
print('parsed', len(samples) > 50)
)";
    // Another Python may stand before the system's, which has the package.
    std::string python = "python3";
    const auto has_parser = [&] {
        return run({python, "-c", "import prometheus_client"}).status == 0;
    };
    if (!has_parser()) python = "/usr/bin/python3";
    if (!has_parser()) GTEST_SKIP() << "no python3-prometheus-client";
    start();
    EXPECT_EQ(client().get("/hello").status, 200);
    ASSERT_TRUE(comes([&] { return requests("hello:hello") == 1; }));
    const auto file = server.write("metrics", metrics());
    const auto script = server.write("check.py", check);
    EXPECT_EQ(
        run({"sh", "-c", "exec \"$0\" \"$1\" <\"$2\"", python, script, file}).output,
        "parsed True\n");
}

TEST_P(Statistics, KeepTheLastFailuresWithTheIdOfTheLogs) {
    server.load("unique_id");
    server.load("log_config");
    start(
        "LogFormat \"%{cppcgi-report}n %{cppcgi-handler}n %{cppcgi-usec}n "
        "%{cppcgi-message}n\" x\nCustomLog \"${ROOT}/access.log\" x\n");
    EXPECT_EQ(client().get("/trouble/exception").status, 500);
    server.claim("CPPCGI0203");
    EXPECT_EQ(client().get("/bad.cgi").status, 500);
    server.claim("CPPCGI0400");
    EXPECT_EQ(client().get("/trouble/error?404").status, 404);
    server.claim("CPPCGI0201");
    const std::string seen = json();
    EXPECT_THAT(seen, HasSubstr("\"request\":\"GET /bad.cgi HTTP/1.1\""));
    EXPECT_THAT(seen, Not(HasSubstr("error?404")));
    std::ifstream log(server.root() / "access.log");
    std::string id, handler, micros, message;
    ASSERT_TRUE(comes([&] {
        log.clear();
        log.seekg(0);
        return static_cast<bool>(log >> id >> handler >> micros >> message);
    }));
    EXPECT_EQ(handler, "trouble:trouble");
    EXPECT_EQ(message, "CPPCGI0203");
    EXPECT_EQ(micros.find_first_not_of("0123456789"), std::string::npos) << micros;
    EXPECT_THAT(seen, HasSubstr("\"status\":500,\"message\":\"CPPCGI0203\",\"id\":\"" +
                                id + "\""));
}

TEST_P(Statistics, CountSpooledAndIncompleteAnswers) {
    start();
    const std::vector<Part> parts = {
        {.name = "f", .data = "", .filename = "x", .filler = 100 << 10}};
    EXPECT_EQ(client().upload("/form", parts).status, 200);
    EXPECT_EQ(client().get("/form").status, 200);
    EXPECT_NE(client().get("/trouble/half").code, CURLE_OK);
    server.claim("CPPCGI0203");
    EXPECT_TRUE(comes([&] {
        return sample("cppcgi_spooled_total{handler=\"trouble:form\"}") == 1 &&
               sample("cppcgi_incomplete_total{handler=\"trouble:trouble\"}") == 1;
    })) << metrics();
}

TEST_P(Statistics, MetricsKeepTheRulesOfPrometheus) {
    start();
    server.log().allow("CPPCGI0203");
    for (int i = 0; i < 5; ++i) client().get("/hello");
    client().get("/trouble/exception");
    const Reply reply = client().get("/status?metrics");
    EXPECT_EQ(reply.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    const std::regex sample_line(
        "[a-z_]+(\\{([a-z]+=\"([^\"\\\\]|\\\\.)*\",?)+\\})? [0-9.]+");
    std::istringstream lines(reply.body);
    std::string line, family;
    double last_bucket = 0;
    while (std::getline(lines, line)) {
        if (line.starts_with("# TYPE ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            continue;
        }
        if (line.starts_with("# HELP ")) continue;
        EXPECT_TRUE(std::regex_match(line, sample_line)) << line;
        EXPECT_TRUE(line.starts_with(family)) << line << " in " << family;
        if (line.find("_bucket{") == std::string::npos) continue;
        const double value = std::stod(line.substr(line.rfind(' ')));
        if (line.find("le=\"0.000016\"") != std::string::npos) last_bucket = 0;
        EXPECT_GE(value, last_bucket) << line;
        last_bucket = value;
    }
    EXPECT_EQ(sample("cppcgi_duration_seconds_bucket{handler=\"hello:hello\","
                     "le=\"+Inf\"}"),
              5);
}

TEST_P(Statistics, ThePageIsForReadingOnlyAndNeverStored) {
    start(
        "<Location /shut>\nSetHandler cppcgi-status\nRequire all "
        "denied\n</Location>\n");
    const Reply page = client().get("/status");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.header("Cache-Control"), "no-store");
    EXPECT_THAT(page.body, HasSubstr("hello:hello"));
    const Reply head = client().head("/status?json");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(client().post("/status", "a=b").status, 405);
    EXPECT_EQ(client().get("/shut").status, 403);
    server.claim("AH01630");
}

TEST_P(Statistics, ThePageEscapesWhatAClientSent) {
    start();
    RawSocket socket(server.port());
    socket.send(
        "GET /trouble/exception?<script>&\"'x HTTP/1.1\r\nHost: "
        "x\r\nConnection: close\r\n\r\n");
    socket.read_all();
    server.claim("CPPCGI0203");
    const std::string page = client().get("/status").body;
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
    EXPECT_THAT(page, Not(HasSubstr("<script>")));
}

TEST_P(Statistics, MarkALibraryThatCannotBeOpenedAnyMore) {
    const std::filesystem::path copy =
        server.install("handlers/hello.so", "h/hello.so");
    const std::string config = "CppCGILibrary " + copy.native() +
                               "\n<Location /hello>\nCppCGIHandler hello\n</Location>\n"
                               "<Location /status>\nSetHandler cppcgi-status\n"
                               "</Location>\n";
    server.start(config);
    EXPECT_THAT(json(), HasSubstr("\"state\":\"current\""));
    server.write("h/hello.so", "no library", 0755);
    ASSERT_TRUE(server.graceful());
    server.claim("CPPCGI0103");
    EXPECT_EQ(client().get("/hello").status, 200);
    EXPECT_THAT(json(), HasSubstr("\"state\":\"last good copy\",\"why\":\"CPPCGI0103"));
    EXPECT_EQ(sample("cppcgi_library_current{library=\"hello\"}"), 0);
    server.install("handlers/hello.so", "h/hello.so");
    ASSERT_TRUE(server.graceful());
    EXPECT_THAT(json(), HasSubstr("\"state\":\"current\""));
    EXPECT_EQ(sample("cppcgi_library_reloads_total{library=\"hello\"}"), 1);
}

// Until the child that has them ends.
TEST_P(Statistics, CountOldVersionsThatStayMapped) {
    const std::string built = "t/handlers/rude_thread_local.so", name = "h/keeps.so";
    const std::string still_mapped = "cppcgi_library_still_mapped{library=\"keeps\"}";
    server.install(built, name);
    server.start(
        "CppCGIReload auto\nCppCGILibrary ${ROOT}/h/keeps.so\n"
        "<Location /keeps>\nCppCGIHandler keeps:rude_thread_local\n</Location>\n"
        "<Location /status>\nSetHandler cppcgi-status\n</Location>\n");
    EXPECT_EQ(client().get("/keeps").status, 200);
    EXPECT_EQ(sample(still_mapped), 0);
    for (const double swaps : {1, 2}) {
        server.install(built, "h/next.so");
        std::filesystem::rename(server.root() / "h/next.so", server.root() / name);
        EXPECT_TRUE(comes([&] {
            EXPECT_EQ(client().get("/keeps").status, 200);
            return sample(still_mapped) >= swaps;
        })) << metrics();
    }
    EXPECT_THAT(json(), ::testing::ContainsRegex("\"still_mapped\":[2-9]"));
    EXPECT_THAT(client().get("/status").body, HasSubstr("old versions still mapped"));
    EXPECT_GE(server.log().count("CPPCGI0532: .*keeps.so stays mapped"), 1u);
    ASSERT_TRUE(server.graceful());
    EXPECT_TRUE(comes([&] { return sample(still_mapped) == 0; })) << metrics();
}

TEST_P(Statistics, AreASectionOfModStatus) {
    server.load("status");
    start("<Location /server-status>\nSetHandler server-status\n</Location>\n");
    client().get("/hello");
    EXPECT_THAT(client().get("/server-status").body, HasSubstr("hello:hello"));
    EXPECT_THAT(client().get("/server-status?auto").body,
                HasSubstr("Name: hello:hello\n"));
}

CPPCGI_ON_EVERY_MPM(Statistics);

}  // namespace
}  // namespace cppcgi_test
