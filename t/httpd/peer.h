// The same requests to two servers that differ in one line: ours, and one with httpd's own
// module (mod_cgid under threads, mod_cgi under prefork). Whatever a client can see of one
// must be seen of the other. Both have the same files below their root.
#ifndef CPPCGI_T_HTTPD_PEER_H
#define CPPCGI_T_HTTPD_PEER_H

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "t/httpd/raw_socket.h"
#include "t/httpd/scripts.h"

namespace cppcgi_test {

class PeerTest : public ScriptTest {
protected:
    PeerTest() { peer.without_cppcgi(); }

    void load_both(const std::string& module) {
        server.load(module);
        peer.load(module);
    }
    void write_both(const std::string& name, std::string_view text,
                    unsigned mode = 0644) {
        server.write(name, text, mode);
        peer.write(name, text, mode);
    }
    void script_both(const std::string& name, const std::string& text) {
        write_both("docroot/" + name, "#!/bin/sh\n" + text + "\n", 0755);
    }
    std::string peer_module() const { return server.threaded() ? "cgid" : "cgi"; }
    void start_both(const std::string& site) {
        peer.load(peer_module());
        std::filesystem::create_directory(peer.root() / "work");
        std::filesystem::permissions(peer.root() / "work", std::filesystem::perms::all);
        start(site);
        const bool daemon = peer_module() == "cgid";
        peer.start(std::string(scripts_run) +
                   (daemon ? "ScriptSock ${ROOT}/cgid.sock\n" : "") + site);
        if (!peer.running()) throw std::runtime_error("the peer did not start");
        // Until its daemon has made its socket, mod_cgid answers 503.
        if (daemon && !poll_until([this] { return peer_has_socket(); }))
            throw std::runtime_error("the peer's daemon did not start");
    }
    bool peer_has_socket() const {
        for (const auto& entry : std::filesystem::directory_iterator(peer.root()))
            if (entry.is_socket()) return true;
        return false;
    }

    // What differs between any two servers is made equal, the lines are sorted.
    static std::vector<std::string> lines(const Server& one, std::string text) {
        const auto replace = [&](const std::string& from, const std::string& to) {
            for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;)
                text.replace(at, from.size(), to);
        };
        replace(one.root().native(), "ROOT");
        replace(std::to_string(one.port()), "PORT");
        std::vector<std::string> result;
        std::istringstream stream(text);
        static const std::regex own(
            "(REDIRECT_)*(REMOTE_PORT|UNIQUE_ID|H2_STREAM_TAG)=.*");
        for (std::string line; std::getline(stream, line);)
            if (!std::regex_match(line, own)) result.push_back(line);
        std::sort(result.begin(), result.end());
        return result;
    }
    // gtest shows what differs of lines.
    static std::string joined(const std::vector<std::string>& lines) {
        std::string text;
        for (const std::string& line : lines) text += line + "\n";
        return text;
    }
    // httpd lists methods in the order of a hash whose seed is the time.
    static std::string sorted_words(std::string value) {
        std::vector<std::string> words;
        std::istringstream stream(value);
        for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
        std::sort(words.begin(), words.end());
        value.clear();
        for (const std::string& word : words) value += word + ",";
        return value;
    }
    // Status and header fields without what hangs on the clock and the kernel's mood: a
    // small answer has a length or chunks, as its script's pauses fell.
    static std::string head(const Server& one, const Reply& reply) {
        static const std::set<std::string> moods = {
            "date", "content-length", "transfer-encoding", "connection", "keep-alive"};
        std::string text;
        for (const auto& [name, value] : reply.headers) {
            std::string lower = name;
            for (char& c : lower) c = static_cast<char>(std::tolower(c));
            if (moods.count(lower)) continue;
            text +=
                lower + ": " + (lower == "allow" ? sorted_words(value) : value) + "\n";
        }
        std::string all = std::to_string(reply.status) + "\n";
        for (const std::string& line : lines(one, text)) all += line + "\n";
        return all;
    }
    // Answers with the same status, head and body.
    void expect_same(const Question& question) {
        Client theirs(peer.url());
        const Reply want = theirs.send(question);
        const Reply have = client().send(question);
        const std::string what = question.method + " " + question.path;
        EXPECT_EQ(have.code, want.code) << what << " " << have.error;
        EXPECT_EQ(head(server, have), head(peer, want)) << what;
        EXPECT_EQ(joined(lines(server, have.body)), joined(lines(peer, want.body)))
            << what;
        EXPECT_NE(want.status, 0) << what << want.error;
    }
    // A request of HTTP/1.0 or 1.1 byte by byte: the same status line with its reason, the
    // same fields and, on 1.0, where it needs no decoding, the same body.
    static std::string raw_answer(const Server& one, const std::string& request) {
        RawSocket raw(one.port());
        raw.send(request);
        return raw.read_all();
    }
    static std::string dechunked(const std::string& chunks) {
        std::string body;
        for (std::size_t at = 0; at < chunks.size();) {
            const std::size_t line = chunks.find("\r\n", at);
            const std::size_t size = std::strtoul(chunks.c_str() + at, nullptr, 16);
            if (line == std::string::npos) return body + "(broken chunk)";
            if (size == 0) return body;
            body += chunks.substr(line + 2, size);
            at = line + 2 + size + 2;
        }
        return body + "(no last chunk)";
    }
    static std::string plain(const Server& one, const std::string& answer) {
        const std::size_t end = answer.find("\r\n\r\n");
        std::string head = answer.substr(0, end);
        std::erase(head, '\r');
        std::string text = head.substr(0, head.find('\n')) + "\n";
        for (const std::string& line : lines(one, head)) {
            static const std::regex moods(
                "(HTTP/"
                "|Date|Content-Length|Transfer-Encoding|Connection|Keep-Alive).*");
            if (!std::regex_match(line, moods)) text += line + "\n";
        }
        if (end == std::string::npos) return text;
        std::string body = answer.substr(end + 4);
        if (answer.find("\r\nTransfer-Encoding") < end) body = dechunked(body);
        for (const std::string& line : lines(one, body)) text += line + "\n";
        return text;
    }
    void expect_same_raw(const std::string& line, const std::string& fields = {},
                         const std::vector<const char*>& versions = {"1.1"}) {
        for (const char* version : versions) {
            const std::string request = line + " HTTP/" + version +
                                        "\r\nHost: localhost" +
                                        "\r\nConnection: close\r\n" + fields + "\r\n";
            EXPECT_EQ(plain(server, raw_answer(server, request)),
                      plain(peer, raw_answer(peer, request)))
                << request;
        }
    }
    void TearDown() override {
        peer.stop();
        ScriptTest::TearDown();
    }

    Server peer{GetParam()};
};

}  // namespace cppcgi_test

#endif
