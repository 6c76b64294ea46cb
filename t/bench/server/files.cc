#include "t/bench/server/files.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace cppcgi_bench {

namespace {

constexpr std::uint64_t size = 1u << 30;
constexpr const char* ways[] = {"sendfile", "mmap", "neither"};

// Takes a response and keeps nothing: the kernel does not even copy it to us.
std::uint64_t fetch(std::uint16_t port, const std::string& path) {
    const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Of one size: a window that grows by itself makes any two runs differ by half.
    const int window = 4 << 20;
    ::setsockopt(connection, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) !=
        0)
        throw std::runtime_error("connect");
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    ::send(connection, request.data(), request.size(), MSG_NOSIGNAL);
    std::uint64_t got = 0;
    ssize_t piece;
    while ((piece = ::recv(connection, nullptr, 1 << 20, MSG_TRUNC)) > 0)
        got += static_cast<std::uint64_t>(piece);
    ::close(connection);
    return got;
}

double cost(const cppcgi_test::Server& server, const CpuAccount& account,
            const std::string& path) {
    const double before = account.spent(server.pid());
    if (fetch(server.port(), path) < size) throw std::runtime_error(path + " is cut");
    return account.spent(server.pid()) - before;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

std::string prepare_files(cppcgi_test::Server& server) {
    std::string config =
        "CppCGILibrary ${TEST_HANDLERS}/pages.so\nCppCGIParam root ${DOCROOT}\n";
    const auto file = server.write("docroot/big.bin", "");
    std::filesystem::resize_file(file, size);
    for (const std::string way : ways) {
        config += "Alias /static-" + way + " ${DOCROOT}/big.bin\n";
        for (const std::string sender : {"static-", "handler-"})
            config += "<Location /" + sender + way + ">\nEnableSendfile " +
                      (way == "sendfile" ? "on" : "off") + "\nEnableMMAP " +
                      (way == "neither" ? "off\n" : "on\n") +
                      (sender == "handler-" ? "CppCGIHandler pages:beneath\n" : "") +
                      "</Location>\n";
    }
    return config;
}

void measure_files(cppcgi_test::Server& server, const CpuAccount& account, int rounds) {
    std::printf("%s, a file of 1 GB\n  %-10s%14s%14s%10s%20s\n", server.mpm().c_str(),
                "", "httpd ms", "handler ms", "ratio", "(lowest-highest)");
    for (const std::string way : ways) {
        const std::string theirs = "/static-" + way,
                          ours = "/handler-" + way + "/big.bin";
        cost(server, account, theirs);  // warm up
        cost(server, account, ours);
        std::vector<double> of_httpd, of_handler, ratios;
        for (int round = 0; round < rounds; ++round) {
            // One, the other twice, and the first again: what drifts falls on both.
            const bool is_ours_first = round % 2 != 0;
            double both[2] = {};
            for (const bool is_outer : {true, false, false, true}) {
                const bool is_ours = is_outer == is_ours_first;
                both[is_ours] += cost(server, account, is_ours ? ours : theirs) / 2;
            }
            of_httpd.push_back(both[0]);
            of_handler.push_back(both[1]);
            ratios.push_back(both[1] / both[0]);
        }
        const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
        std::printf("  %-10s%14.1f%14.1f%10.2f%13.2f-%.2f\n", way.c_str(),
                    median(of_httpd) / 1000, median(of_handler) / 1000, median(ratios),
                    *low, *high);
    }
    std::fflush(stdout);
}

}  // namespace cppcgi_bench
