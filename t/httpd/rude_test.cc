// Handlers that do what they should not: each is reloaded in both ways, and reported where
// it ends its child, and the server goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "t/httpd/http2_connection.h"
#include "t/httpd/server.h"
#include "t/process.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <thread>
#include <vector>

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> rude_libraries() {
    std::vector<std::string> names;
    for (const char* name : {"static", "thread_local", "inline", "atexit", "thread",
                             "dlopen", "exceptions", "stack", "clash", "openssl"}) {
        const std::string library = std::string("rude_") + name;
        // OpenSSL gives back what it has when the process ends, not when it is closed.
        if (name == std::string("openssl") && sanitizer() == "address") continue;
        // A static OpenSSL is not everywhere.
        if (fs::exists(build_dir() / "t/handlers" / (library + ".so")))
            names.push_back(library);
    }
    return names;
}

class Rude : public HttpdTest {
protected:
    void start(const std::string& reload) {
        std::string config =
            reload + "CppCGIParam further ${TEST_HANDLERS}/rude_further.so\n";
        for (const std::string& name : names) {
            replace(name, '1');
            config += "CppCGILibrary ${ROOT}/" + name + ".so\n<Location /" + name +
                      ">\n CppCGIHandler " + name + "\n</Location>\n";
        }
        server.start(config);
    }
    static std::string bytes(const std::string& name, char number) {
        std::string bytes = read_file(build_dir() / "t/handlers" / (name + ".so"));
        const std::string text = "build number ";
        bytes[bytes.find(text) + text.size()] = number;
        return bytes;
    }
    fs::path file_of(const std::string& name) { return server.root() / (name + ".so"); }
    void replace(const std::string& name, char number) {
        server.write(name + ".new", bytes(name, number));
        fs::rename(server.root() / (name + ".new"), file_of(name));
    }
    void overwrite(const std::string& name, char number) {
        std::ofstream(file_of(name), std::ios::binary | std::ios::trunc)
            << bytes(name, number);
    }
    // From several threads of the server at once.
    std::string answer(const std::string& name) {
        std::vector<std::thread> askers;
        std::vector<std::string> answers(3);
        for (std::string& one : answers)
            askers.emplace_back([&] { one = client().get("/" + name).body; });
        for (std::thread& asker : askers) asker.join();
        for (const std::string& one : answers)
            if (one != answers[0]) return "at once " + answers[0] + " and " + one;
        return answers[0];
    }
    bool serves(const std::string& name, char number) {
        const std::string wanted = std::string("build number ") + number;
        std::string last;
        const bool serves = poll_until([&] {
            for (int i = 0; i < 5; ++i)
                if ((last = answer(name)) != wanted) return false;
            return true;
        });
        EXPECT_TRUE(serves) << name << ": " << last << ", not " << wanted;
        return serves;
    }

    // Of streams of one connection of HTTP/2.
    int wrong_answers_at_once(const std::vector<std::string>& libraries,
                              std::atomic<int>& good) {
        Http2Connection connection(server.port());
        std::vector<std::int32_t> streams;
        for (int i = 0; i < 4; ++i)
            for (const std::string& name : libraries)
                streams.push_back(connection.ask("/" + name));
        int wrong = 0;
        for (const std::int32_t id : streams) {
            connection.run_to_end(id);
            const Http2Connection::Stream& stream = connection.stream(id);
            const bool is_good = stream.status == 200 &&
                                 stream.error == NGHTTP2_NO_ERROR &&
                                 stream.body.starts_with("build number ");
            good += is_good;
            wrong += !is_good;
        }
        return wrong;
    }

    const std::vector<std::string> names = rude_libraries();
};

TEST_P(Rude, LibrariesAreSwappedInBetweenRequests) {
    start("CppCGIReload auto\n");
    for (const std::string& name : names) EXPECT_TRUE(serves(name, '1'));
    for (const std::string& name : names) replace(name, '2');
    for (const std::string& name : names) EXPECT_TRUE(serves(name, '2'));
    for (const std::string& name : names) overwrite(name, '3');
    for (const std::string& name : names) EXPECT_TRUE(serves(name, '3'));
    // Once a child, with the reason.
    EXPECT_GE(server.log().count("CPPCGI0532"), 1u);
    EXPECT_LE(server.log().count("CPPCGI0532"), server.children().size());
    ASSERT_TRUE(server.graceful());
    for (const std::string& name : names) EXPECT_TRUE(serves(name, '3'));
}

// Thread-local objects of versions that have been replaced end with the threads of
// mod_http2, which come with load and go without.
TEST_P(Rude, VersionsEndWhileThreadsOfHttp2ComeAndGo) {
    if (!server.threaded()) GTEST_SKIP() << "mod_http2 asks for threads";
    server.load("http2");
    start(
        "CppCGIReload auto\nProtocols h2c http/1.1\n"
        "H2MinWorkers 1\nH2MaxWorkers 24\nH2MaxWorkerIdleSeconds 1\n");
    const std::vector<std::string> swapped = {"rude_thread_local", "rude_thread",
                                              "rude_static"};
    const auto threads = [&] {
        std::size_t count = 0;
        for (const pid_t child : server.children()) {
            std::error_code gone;
            const fs::directory_iterator tasks(
                "/proc/" + std::to_string(child) + "/task", gone);
            count += static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
        }
        return count;
    };
    for (char number = '1'; number < '4'; ++number) {
        std::atomic<bool> stop{false};
        std::atomic<int> good{0}, bad{0};
        std::vector<std::thread> clients;
        for (int i = 0; i < 4; ++i)
            clients.emplace_back([&] {
                while (!stop) bad += wrong_answers_at_once(swapped, good);
            });
        for (const std::string& name : swapped) replace(name, number);
        for (const std::string& name : swapped) EXPECT_TRUE(serves(name, number));
        const std::size_t busy = threads();
        stop = true;
        for (std::thread& one : clients) one.join();
        EXPECT_EQ(bad, 0);
        EXPECT_GT(good, 0);
        EXPECT_TRUE(poll_until([&] { return threads() < busy; })) << "of " << busy;
    }
}

TEST_P(Rude, LibrariesAreReplacedByARestart) {
    start("");
    for (char number = '1'; number < '5'; ++number) {
        for (const std::string& name : names) EXPECT_TRUE(serves(name, number));
        for (const std::string& name : names)
            number % 2 ? replace(name, static_cast<char>(number + 1))
                       : overwrite(name, static_cast<char>(number + 1));
        ASSERT_TRUE(number % 2 ? server.graceful() : server.restart());
    }
}

TEST_P(Rude, ExceptionsOfTheirOwnTypesAreNamed) {
    start("");
    EXPECT_EQ(client().get("/rude_exceptions?derived").status, 500);
    server.claim("CPPCGI0203: .*rude::OutOfTea: no tea in build number 1");
    EXPECT_EQ(client().get("/rude_exceptions?other").status, 500);
    server.claim("CPPCGI0204: .*rude::OfNoBase");
}

TEST_P(Rude, OpenSslOfALibraryAndOfTheServerLiveBesideEachOther) {
    if (sanitizer() == "address") GTEST_SKIP() << "OpenSSL leaks when it is closed";
    server.load("ssl");
    server.make_certificate();
    start(
        "CppCGIReload auto\nSSLEngine on\nSSLCertificateFile ${ROOT}/tls.crt\n"
        "SSLCertificateKeyFile ${ROOT}/tls.key\n");
    const auto get = [this](const std::string& name) {
        Client client("https://127.0.0.1:" + std::to_string(server.port()));
        return client.get("/" + name).body;
    };
    for (char number = '1'; number < '4'; ++number) {
        for (const std::string name : {"rude_clash", "rude_openssl", "rude_static"}) {
            if (!fs::exists(file_of(name))) continue;
            const std::string wanted = std::string("build number ") + number;
            EXPECT_TRUE(poll_until([&] { return get(name) == wanted; })) << name;
            replace(name, static_cast<char>(number + 1));
        }
    }
    ASSERT_TRUE(server.graceful());
    EXPECT_EQ(get("rude_clash"), "build number 4");
}

TEST_P(Rude, LibraryThatAHandlerOpenedIsNamedInItsReport) {
    if (!sanitizer().empty())
        GTEST_SKIP() << "the sanitizer reports these faults itself";
    start("");
    EXPECT_NE(client().get("/rude_dlopen?crash").code, CURLE_OK);
    server.claim("CPPCGI0510: SIGSEGV.*rude_dlopen:rude_dlopen");
    server.claim("CPPCGI0510:   #0 .*/rude_further.so\\+0x");
    server.claim("CPPCGI0510: lines: addr2line -Cfipe .*/rude_dlopen.so 0x");
    server.log().allow("CPPCGI0510:|exit signal|AH10392");
    EXPECT_EQ(client().get("/rude_dlopen").body, "build number 1");
}

// What the server's parent has of the things that a restart may leak.
struct Account {
    std::size_t resident, descriptors, mappings, free_keys;
};

TEST_P(Rude, LibrariesCostTheParentNothingInTheLongRun) {
    const auto report = server.write("report/keys", "", 0666);
    server.setenv("CPPCGI_TEST_REPORT=" + report.native());
    server.setenv("LD_PRELOAD=" + (build_dir() / "t/handlers/keys.so").native());
    start("");
    const auto account = [&] {
        const std::string proc = "/proc/" + std::to_string(server.pid());
        const auto fds = fs::directory_iterator(proc + "/fd");
        const std::string status = read_file(proc + "/status");
        const std::string maps = read_file(proc + "/maps");
        server.write("report/keys", "", 0666);
        kill(server.pid(), SIGRTMIN + 10);
        EXPECT_TRUE(poll_until(
            [&] { return read_file(report).find('.') != std::string::npos; }));
        return Account{
            std::stoul(status.substr(status.find("VmRSS:") + 6)),
            static_cast<std::size_t>(std::distance(begin(fds), end(fds))),
            static_cast<std::size_t>(std::count(maps.begin(), maps.end(), '\n')),
            static_cast<std::size_t>(std::atoi(read_file(report).c_str()))};
    };
    const auto restart = [&](int times) {
        for (int i = 0; i < times; ++i) {
            // Every hundredth with other code, so that copies come and go.
            if (i % 100 == 5)
                for (const std::string& name : names)
                    replace(name, static_cast<char>('0' + i / 100 % 10));
            ASSERT_TRUE(server.graceful()) << "restart " << i;
            if (i % 100 != 99) continue;
            // Reading it all again for each restart would take hours.
            server.expect_calm();
            fs::resize_file(server.root() / "error.log", 0);
        }
    };
    restart(10);
    const Account before = account();
    // CPPCGI_TEST_RESTARTS=3000 for the long form.
    const char* times = std::getenv("CPPCGI_TEST_RESTARTS");
    restart(times ? std::atoi(times) : 15);
    const Account after = account();
    std::printf(
        "from %zu KB, %zu descriptors, %zu mappings, %zu free keys\n"
        "to   %zu KB, %zu descriptors, %zu mappings, %zu free keys\n",
        before.resident, before.descriptors, before.mappings, before.free_keys,
        after.resident, after.descriptors, after.mappings, after.free_keys);
    EXPECT_EQ(after.descriptors, before.descriptors);
    // The allocator has one more or less from time to time.
    EXPECT_LE(after.mappings, before.mappings + before.mappings / 50);
    EXPECT_EQ(after.free_keys, before.free_keys);
    EXPECT_LE(after.resident, before.resident + before.resident / 50 + 64);
    for (const std::string& name : names) EXPECT_NE(answer(name), "");
}

CPPCGI_ON_EVERY_MPM(Rude);

}  // namespace
}  // namespace cppcgi_test
