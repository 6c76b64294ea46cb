#include "t/bench/server/upload.h"

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace cppcgi_bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_size = 1u << 20;

// A folder on tmpfs that every child of the server may write to.
class TmpfsFolder {
public:
    TmpfsFolder() {
        if (mkdtemp(path_.data()) == nullptr)
            throw std::runtime_error("no folder in /dev/shm");
        fs::permissions(path_, fs::perms::all);
    }
    ~TmpfsFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TmpfsFolder(const TmpfsFolder&) = delete;
    TmpfsFolder& operator=(const TmpfsFolder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_ = "/dev/shm/cppcgi-bench-XXXXXX";
};

class Uploads {
public:
    Uploads(const std::string& mpm, const UploadOptions& options)
        : options_(options), server_(mpm) {
        std::mt19937 random(7);
        for (char& byte : block_) byte = static_cast<char>(random());
        server_.write("docroot/bare/drain", "");
        // One child, so that what it grows by is seen.
        server_.start(
            "LoadModule bare_module ${BUILD}/t/bench/mod_bare.so\n"
            "CppCGILibrary ${HANDLERS}/save_file.so\nStartServers 1\n"
            "LimitRequestBody 0\n"
            "<IfModule mpm_prefork_module>\nMinSpareServers 1\nMaxSpareServers 1\n"
            "</IfModule>\n"
            "<Location /bare/drain>\nSetHandler bare-drain\n</Location>\n"
            "<Location /save>\nCppCGIHandler save_file\nCppCGIMaxBody 64G\n"
            "CppCGIMaxFile 64G\nCppCGIParam upload_dir " +
            folder_.path() + "\n</Location>\nCppCGISpoolDir " + folder_.path() + "\n");
    }

    // Each client in turns with the two servers.
    void run() {
        for (const bool plain : {false, true}) {
            plain_ = plain;
            drain();
            save();
            std::vector<double> bare, saved, ratio;
            for (int round = 0; round < options_.rounds; ++round) {
                bare.push_back(drain());
                forget_peak();
                const std::uint64_t before = server_.memory("VmRSS:");
                saved.push_back(save());
                growth_ = std::max(growth_, server_.memory("VmHWM:") - before);
                ratio.push_back(saved.back() / bare.back());
            }
            report(bare, saved, ratio);
        }
        server_.stop();
    }

private:
    double drain() { return upload("/bare/drain"); }
    double save() {
        const double speed = upload("/save");
        const std::string file = folder_.path() + "/upload.bin";
        if (fs::file_size(file) != options_.size)
            throw std::runtime_error("the saved file has another size");
        fs::remove(file);
        return speed;
    }

    // MB/s.
    double upload(const std::string& path) {
        const auto start = std::chrono::steady_clock::now();
        const std::string fault = plain_ ? send_plainly(path) : send_by_curl(path);
        const std::chrono::duration<double> took =
            std::chrono::steady_clock::now() - start;
        if (!fault.empty()) {
            throw std::runtime_error(
                path + " answered\n" + fault +
                cppcgi_test::read_file(server_.root() / "error.log"));
        }
        return static_cast<double>(options_.size) / 1e6 / took.count();
    }

    std::string send_by_curl(const std::string& path) const {
        cppcgi_test::Client client(server_.url());
        const cppcgi_test::Reply reply =
            client.send({.path = path,
                         .method = "POST",
                         .headers = {"Expect:"},
                         .parts = {{.name = "f",
                                    .data = "",
                                    .filename = "upload.bin",
                                    .filler = options_.size}},
                         .timeout_ms = 600000});
        return reply.status == 200 ? "" : reply.error + reply.body;
    }

    // Nothing but send() of the same megabyte: as fast as a local client can be.
    std::string send_plainly(const std::string& path) const {
        const std::string head =
            "--boundary\r\nContent-Disposition: form-data; name=\"f\"; "
            "filename=\"upload.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n";
        const std::string tail = "\r\n--boundary--\r\n";
        cppcgi_test::RawSocket socket(server_.port());
        bool sent = socket.send(
            "POST " + path +
            " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
            "multipart/form-data; boundary=boundary\r\nContent-Length: " +
            std::to_string(head.size() + options_.size + tail.size()) + "\r\n\r\n" +
            head);
        for (std::uint64_t left = options_.size; left != 0 && sent;) {
            const std::uint64_t some = std::min<std::uint64_t>(left, block_.size());
            sent = socket.send(std::string_view(block_).substr(0, some));
            left -= some;
        }
        sent = sent && socket.send(tail);
        const std::string answer = socket.read_all(std::chrono::minutes(1));
        return sent && answer.starts_with("HTTP/1.1 200 ") ? ""
                                                           : "broke off\n" + answer;
    }

    void forget_peak() const {
        for (const pid_t pid : server_.children())
            std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << 5;
    }

    void report(std::vector<double> bare, std::vector<double> saved,
                std::vector<double> ratio) const {
        const auto median = [](std::vector<double>& values) {
            std::sort(values.begin(), values.end());
            return values[values.size() / 2];
        };
        std::printf("%s, %.0f MB to save_file, spool on tmpfs\n", server_.mpm().c_str(),
                    static_cast<double>(options_.size) / 1e6);
        std::printf("  bare C drains     %6.0f MB/s\n", median(bare));
        std::printf("  save_file stores  %6.0f MB/s\n", median(saved));
        const double middle = median(ratio);
        std::printf("  ratio %.2f (%.2f-%.2f), memory grows by %.1f MB\n", middle,
                    ratio.front(), ratio.back(), static_cast<double>(growth_) / 1e6);
        std::fflush(stdout);
    }

    const UploadOptions& options_;
    TmpfsFolder folder_;
    cppcgi_test::Server server_;
    std::string block_ = std::string(block_size, '\0');
    std::uint64_t growth_ = 0;
    bool plain_ = false;
};

}  // namespace

void run_uploads(const std::string& mpm, const UploadOptions& options) {
    Uploads(mpm, options).run();
}

}  // namespace cppcgi_bench
