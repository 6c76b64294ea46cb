// Ten thousand requests of every kind at once: no crashed child, no report of a sanitizer, no
// memory that stays.
#include <gtest/gtest.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace cppcgi_test {
namespace {

constexpr int thread_count = 4;

class Soak : public HttpdTest {
protected:
    void SetUp() override {
        server.write("docroot/cgi/echo.cgi",
                     "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\ncat\n", 0755);
        // A fixed number of children, so that one more or less means something.
        const std::string children =
            server.threaded() ? "StartServers 2\nServerLimit 2\nThreadsPerChild 8\n"
                                "ThreadLimit 8\nMaxRequestWorkers 16\n"
                                "MinSpareThreads 1\nMaxSpareThreads 16\n"
                              : "StartServers 4\nServerLimit 4\nMaxRequestWorkers 4\n"
                                "MinSpareServers 1\nMaxSpareServers 4\n";
        server.start(children +
                     "CppCGILibrary ${HANDLERS}/hello.so\n"
                     "CppCGILibrary ${HANDLERS}/hello_get.so\n"
                     "CppCGILibrary ${HANDLERS}/inspect.so\n"
                     "CppCGILibrary ${TEST_HANDLERS}/thrower.so\n"
                     "<Location /hello>\n CppCGIHandler hello\n</Location>\n"
                     "<Location /hello_get>\n CppCGIHandler hello_get\n</Location>\n"
                     "<Location /inspect>\n CppCGIHandler inspect\n</Location>\n"
                     "<Location /small>\n CppCGIHandler hello_get\n CppCGIMaxBody "
                     "100\n</Location>\n"
                     "<Location /thrower>\n CppCGIHandler thrower\n</Location>\n"
                     "<Directory ${DOCROOT}/cgi>\n Options +ExecCGI\n"
                     " AddHandler cgi-script .cgi\n</Directory>\n");
        server.log().allow("AH00161: server reached MaxRequestWorkers");
        // The thrower, the small limit, and clients that leave.
        server.log().allow("CPPCGI02..");
    }

    // One request of the kind, on a connection of its own now and then.
    void ask(Client& client, int kind) {
        switch (kind % 10) {
            case 0:
            case 1:
                EXPECT_EQ(client.get("/hello").status, 200);
                break;
            case 2:
                EXPECT_EQ(client.head("/hello").status, 200);
                break;
            case 3:
                EXPECT_EQ(client.get("/hello_get?first_name=A&last_name=%3CB").status,
                          200);
                break;
            case 4:
                EXPECT_EQ(client.post("/hello_get", "first_name=A&last_name=B").status,
                          200);
                break;
            case 5:
                EXPECT_EQ(client
                              .upload("/inspect", {{.name = "a", .data = "1"},
                                                   {.name = "f",
                                                    .data = "",
                                                    .filename = "x.bin",
                                                    .filler = 300 << 10}})
                              .status,
                          200);
                break;
            case 6:
                EXPECT_EQ(client.get("/thrower").status, 500);
                break;
            case 7:
                EXPECT_EQ(client.post("/small", std::string(1000, 'a')).status, 413);
                break;
            case 8:
                if (kind % 100 == 8)
                    EXPECT_EQ(client.post("/cgi/echo.cgi", "text").body, "text");
                else
                    EXPECT_EQ(client.get("/nothing-here").status, 404);
                break;
            default:
                leave_early();
                break;
        }
    }

    void leave_early() {
        RawSocket socket(server.port());
        socket.send(
            "POST /inspect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n");
        socket.reset();
    }

    void ask_many(int count) {
        std::vector<std::thread> threads;
        for (int i = 0; i < thread_count; ++i)
            threads.emplace_back([this, i, count] {
                Client own = client();
                for (int j = i; j < count; j += thread_count) ask(own, j);
            });
        for (std::thread& thread : threads) thread.join();
    }
};

TEST_P(Soak, MixedRequestsLeaveNothingBehind) {
    ask_many(4000);  // every thread of every child has run, and has its caches
    const auto warm = static_cast<std::int64_t>(server.memory("VmRSS:"));
    const auto children = server.children();
    ask_many(6000);
    EXPECT_EQ(server.children(), children) << "a child was replaced";
    // The sanitizer keeps up to 16 MB of freed memory in each child.
    const std::int64_t tolerance = sanitizer().empty() ? 4 << 20 : 48 << 20;
    EXPECT_LE(static_cast<std::int64_t>(server.memory("VmRSS:")) - warm, tolerance)
        << "from " << warm;
}

CPPCGI_ON_EVERY_MPM(Soak);

}  // namespace
}  // namespace cppcgi_test
