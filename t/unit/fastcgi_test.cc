#include "gateway/fcgi/fastcgi_server.h"

#include <cppcgi.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "gateway/fcgi/listener.h"
#include "gateway/fcgi/worker.h"
#include "t/fastcgi_client.h"
#include "t/process.h"

namespace {

std::atomic<int> waiting{0};
std::atomic<bool> may_go{false};

}  // namespace

CPPCGI_HANDLER(fcgi_page, req, res) {
    res.content_type("text/plain");
    res << req.method() << ' ' << req.query_string() << ' '
        << req.param("motto").value_or("(none)");
}

CPPCGI_HANDLER(fcgi_echo, req, res) {
    res.content_type("text/plain");
    std::size_t size = 0;
    char block[1000];
    while (req.body().read(block, sizeof block) || req.body().gcount() > 0)
        size += static_cast<std::size_t>(req.body().gcount());
    res << size << (req.body().bad() ? " broken" : " whole");
}

CPPCGI_HANDLER(fcgi_half, req, res) {
    (res << "half").flush();
    throw 42;
}

CPPCGI_HANDLER(fcgi_waits, req, res) {
    ++waiting;
    cppcgi_test::poll_until([] { return may_go.load(); });
    res << "done";
}

CPPCGI_HANDLER(fcgi_watches, req, res) {
    ++waiting;
    const bool gone = cppcgi_test::poll_until([&] { return req.aborted(); });
    req.log(cppcgi::LogLevel::warn, gone ? "gone" : "still there");
}

CPPCGI_HANDLER(fcgi_large, req, res) { res << std::string(3000000, 'x'); }

namespace cppcgi::program {
namespace {

using cppcgi_test::FastCgiAnswer;
using cppcgi_test::FastCgiClient;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class FastCgi : public ::testing::Test {
protected:
    void start(cppcgi_entry entry, unsigned threads = 1, std::uint64_t requests = 0) {
        handlers.push_back({"test", entry});
        server = std::make_unique<FastCgiServer>(listener.descriptor(), handlers);
        running = std::thread([=, this] { server->run(threads, requests); });
    }
    void TearDown() override {
        may_go = true;
        if (server) server->stop();
        if (running.joinable()) running.join();
        server.reset();
        may_go = false;
        waiting = 0;
    }
    std::uint16_t port() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(listener.descriptor(), reinterpret_cast<sockaddr*>(&address),
                      &size);
        return ntohs(address.sin_port);
    }

    Listener listener{"127.0.0.1:0"};
    std::vector<ServedHandler> handlers;
    std::unique_ptr<FastCgiServer> server;
    std::thread running;
};

FastCgiClient::Variables get(const std::string& query = {}) {
    return {{"REQUEST_METHOD", "GET"}, {"QUERY_STRING", query}, {"SCRIPT_NAME", "/x"}};
}

FastCgiClient::Variables post(std::size_t size) {
    return {{"REQUEST_METHOD", "POST"}, {"CONTENT_LENGTH", std::to_string(size)}};
}

TEST_F(FastCgi, EachRequestOfAKeptConnectionIsNew) {
    start(cppcgi_entry_fcgi_page);
    FastCgiClient client(port());
    auto first = get("a");
    first.emplace_back("CPPCGI_PARAM_motto", "simple");
    EXPECT_THAT(client.ask(first).out, EndsWith("\r\n\r\nGET a simple"));
    const FastCgiAnswer second = client.ask(get("b"));
    EXPECT_THAT(second.out, StartsWith("Status: 200\r\nContent-Type: text/plain\r\n"));
    EXPECT_THAT(second.out, EndsWith("\r\n\r\nGET b (none)"));
    EXPECT_TRUE(second.ended);
}

TEST_F(FastCgi, ConnectionThatIsNotKeptIsClosed) {
    start(cppcgi_entry_fcgi_page);
    FastCgiClient client(port());
    client.begin(get("a"), false);
    client.end_body();
    EXPECT_TRUE(client.answer().ended);
    EXPECT_TRUE(client.answer().closed);
}

TEST_F(FastCgi, BodyIsStreamed) {
    start(cppcgi_entry_fcgi_echo);
    FastCgiClient client(port());
    for (const std::size_t size : {0u, 1u, 65536u, 1000000u})
        EXPECT_THAT(client.ask(post(size), std::string(size, 'x')).out,
                    EndsWith("\r\n\r\n" + std::to_string(size) + " whole"));
}

TEST_F(FastCgi, BodyShorterThanItsLengthIsBroken) {
    start(cppcgi_entry_fcgi_echo);
    FastCgiClient client(port());
    EXPECT_THAT(client.ask(post(100), "short").out, EndsWith("broken"));
}

TEST_F(FastCgi, UnreadBodyIsNotTheNextRequest) {
    start(cppcgi_entry_fcgi_page);
    FastCgiClient client(port());
    const FastCgiAnswer answer = client.ask(post(200000), std::string(200000, '\1'));
    EXPECT_THAT(answer.out, EndsWith("POST  (none)"));
    EXPECT_THAT(client.ask(get("next")).out, EndsWith("GET next (none)"));
    FastCgiClient large(port());
    large.begin(post(2000000));
    EXPECT_THAT(large.answer().out, EndsWith("POST  (none)"));
    EXPECT_TRUE(large.answer().closed);
}

TEST_F(FastCgi, LargePageArrives) {
    start(cppcgi_entry_fcgi_large);
    FastCgiClient client(port());
    const FastCgiAnswer answer = client.ask(get());
    EXPECT_EQ(answer.out.size() - answer.out.find("\r\n\r\n") - 4, 3000000u);
    EXPECT_TRUE(answer.ended);
}

TEST_F(FastCgi, HalfAPageHasNoEnd) {
    start(cppcgi_entry_fcgi_half);
    FastCgiClient client(port());
    const FastCgiAnswer answer = client.ask(get());
    EXPECT_THAT(answer.out, EndsWith("\r\n\r\nhalf"));
    EXPECT_THAT(answer.log, StartsWith("CPPCGI0204: handler test threw int"));
    EXPECT_FALSE(answer.ended);
    EXPECT_TRUE(answer.closed);
}

TEST_F(FastCgi, AbortIsSeen) {
    start(cppcgi_entry_fcgi_watches);
    FastCgiClient client(port());
    client.begin(get());
    EXPECT_TRUE(cppcgi_test::poll_until([] { return waiting == 1; }));
    client.end_body();
    client.abort();
    EXPECT_THAT(client.answer().log, HasSubstr("test: gone"));
}

TEST_F(FastCgi, ThreadsServeAtOnce) {
    start(cppcgi_entry_fcgi_waits, 3);
    std::list<FastCgiClient> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(port()).begin(get());
        clients.back().end_body();
    }
    EXPECT_TRUE(cppcgi_test::poll_until([] { return waiting == 3; }));
    may_go = true;
    for (FastCgiClient& client : clients)
        EXPECT_THAT(client.answer().out, EndsWith("done"));
}

TEST_F(FastCgi, SerialHandlerServesOneAtATime) {
    std::mutex serial;
    handlers.push_back({"test", cppcgi_entry_fcgi_waits, &serial});
    server = std::make_unique<FastCgiServer>(listener.descriptor(), handlers);
    running = std::thread([this] { server->run(2, 0); });
    FastCgiClient first(port()), second(port());
    for (FastCgiClient* client : {&first, &second}) {
        client->begin(get());
        client->end_body();
    }
    EXPECT_TRUE(cppcgi_test::poll_until([] { return waiting == 1; }));
    EXPECT_FALSE(cppcgi_test::poll_until([] { return waiting == 2; },
                                         std::chrono::milliseconds(50)));
    may_go = true;
    EXPECT_THAT(first.answer().out, EndsWith("done"));
    EXPECT_THAT(second.answer().out, EndsWith("done"));
}

TEST_F(FastCgi, StopFinishesWhatHasBegunOrArrived) {
    start(cppcgi_entry_fcgi_waits);
    FastCgiClient kept(port()), busy(port());
    may_go = true;
    EXPECT_TRUE(kept.ask(get()).ended);
    may_go = false;
    waiting = 0;
    busy.begin(get());
    busy.end_body();
    EXPECT_TRUE(cppcgi_test::poll_until([] { return waiting == 1; }));
    kept.begin(get());  // waits behind the other
    kept.end_body();
    server->stop();
    may_go = true;
    EXPECT_THAT(busy.answer().out, EndsWith("done"));
    EXPECT_THAT(kept.answer().out, EndsWith("done"));
    running.join();
}

TEST_F(FastCgi, EndsBehindSoManyRequests) {
    start(cppcgi_entry_fcgi_page, 1, 3);
    FastCgiClient client(port());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.ask(get()).ended);
    running.join();
}

TEST_F(FastCgi, IdleConnectionsHoldNoThreadAndNoLimitOfSelect) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 4000) GTEST_SKIP() << "needs 4000 descriptors";
    const rlimit raised = {4000, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &raised);
    start(cppcgi_entry_fcgi_page);
    std::list<FastCgiClient> clients;
    for (int i = 0; i < 1100; ++i) {
        clients.emplace_back(port());
        ASSERT_TRUE(clients.back().connected()) << i;
        if (i % 100 == 0) {
            EXPECT_TRUE(clients.back().ask(get()).ended) << i;
        }
    }
    for (FastCgiClient& client : clients)
        ASSERT_THAT(client.ask(get("x")).out, EndsWith("GET x (none)"));
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_F(FastCgi, HandlerIsChosenByNameOrUrl) {
    handlers.push_back({"page", cppcgi_entry_fcgi_page});
    handlers.push_back({"large", cppcgi_entry_fcgi_large});
    server = std::make_unique<FastCgiServer>(listener.descriptor(), handlers);
    running = std::thread([this] { server->run(1, 0); });
    FastCgiClient client(port());
    EXPECT_THAT(
        client.ask({{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/a/page.cgi"}}).out,
        EndsWith("GET  (none)"));
    EXPECT_THAT(client
                    .ask({{"REQUEST_METHOD", "GET"},
                          {"SCRIPT_NAME", "/large"},
                          {"CPPCGI_HANDLER", "page"}})
                    .out,
                EndsWith("GET  (none)"));
    const FastCgiAnswer unknown =
        client.ask({{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/other"}});
    EXPECT_THAT(unknown.out, StartsWith("Status: 404 "));
    EXPECT_THAT(unknown.log, StartsWith("CPPCGI0221: no handler of this worker is "));
}

TEST(Worker, OptionsAreRead) {
    const char* const words[] = {"--listen=unix:/x", "--threads",   "4",
                                 "--max-requests=9", "--processes", "2"};
    const WorkerOptions options = parse_worker_options(words);
    EXPECT_EQ(options.listen, "unix:/x");
    EXPECT_EQ(options.threads, 4u);
    EXPECT_EQ(options.processes, 2u);
    EXPECT_EQ(options.max_requests, 9u);
}

TEST(Worker, OptionsThatAreNoneAreNamed) {
    for (const std::vector<const char*>& words :
         {std::vector<const char*>{"--lisen", "x"},
          {"--threads", "0"},
          {"--threads", "many"},
          {"--listen"}})
        EXPECT_THROW(parse_worker_options(words), std::runtime_error) << words[0];
}

TEST(Listener, AddressThatIsNoneIsNamed) {
    for (const char* address : {"nowhere", "127.0.0.1:port", "unix:", "256.0.0.1:1"})
        EXPECT_THROW(Listener{std::string(address)}, std::runtime_error) << address;
}

}  // namespace
}  // namespace cppcgi::program
