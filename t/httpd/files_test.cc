// Files that handlers send: like httpd's own, in full, in part and not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;

std::string bytes(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + " ";
    text.resize(size);
    return text;
}

class Files : public HttpdTest {
protected:
    void SetUp() override {
        server.load("mime");
        write("page.txt", bytes(1000));
    }

    void write(const std::string& name, const std::string& text) {
        const auto file = server.write("docroot/files/" + name, text);
        // Older than a second, or its tag would be weak; with a part of one.
        const timeval times[2] = {{1600000000, 0}, {1600000000, 123456}};
        ::utimes(file.c_str(), times);
    }

    void start(const std::string& config = {}) {
        server.start(
            "CppCGILibrary ${TEST_HANDLERS}/pages.so\nMaxKeepAliveRequests 0\n"
            "TypesConfig /dev/null\nAddType text/plain .txt\n"
            "AddType application/x-tar .tar\nAddEncoding gzip .gz\n"
            "AddLanguage fr .fr\nAddCharset UTF-8 .utf8\n"
            "CppCGIParam root ${DOCROOT}/files\n"
            "CppCGIParam file ${DOCROOT}/files/page.txt\n"
            "<Location /ours>\nCppCGIHandler pages:beneath\n</Location>\n"
            "<Location /shared>\nCppCGIHandler pages:shared\n</Location>\n"
            "<Location /around>\nCppCGIHandler pages:around\n</Location>\n"
            "<Location /changing>\nCppCGIHandler pages:changing\n</Location>\n"
            "CppCGIParam changing ${ROOT}/changing/file.txt\n"
            "<Location /save>\nCppCGIHandler pages:save\n</Location>\n" +
            config);
    }
};

// All that a client can tell, without what is about the moment.
std::string shown(const Reply& reply) {
    std::string text = std::to_string(reply.status) + "\n";
    std::vector<std::string> lines;
    for (const auto& [name, value] : reply.headers) {
        if (name == "Date" || name == "Server" || name == "Keep-Alive") continue;
        // The boundary of multipart/byteranges is made of the time.
        lines.push_back(name + ": " + value.substr(0, value.find("; boundary=")));
    }
    std::sort(lines.begin(), lines.end());
    for (const std::string& line : lines) text += line + "\n";
    std::string body = reply.body;
    if (const auto type = reply.header("Content-Type");
        type && type->starts_with("multipart/")) {
        const std::string boundary = type->substr(type->find('=') + 1);
        for (std::size_t at; (at = body.find(boundary)) != body.npos;)
            body.replace(at, boundary.size(), "BOUNDARY");
    }
    return text + "\n" + body;
}

std::vector<Headers> combinations(const std::string& tag, const std::string& date) {
    const std::string before = "Sun, 13 Sep 2020 12:26:39 GMT",
                      behind = "Sun, 13 Sep 2020 12:26:41 GMT";
    std::vector<Headers> all = {{}};
    const std::vector<std::string> ranges = {
        "0-0",   "0-",        "10-19",     "990-2000",
        "-1",    "-5000",     "0-9,20-29", "0-0,-1,500-509",
        "1000-", "1000-,0-9", "5-2",       "x",
        "0-9,",  "-0",        "0-9, 5-20", "0-999"};
    for (const std::string& range : ranges) all.push_back({"Range: bytes=" + range});
    all.push_back({"Range: lines=0-9"});
    all.push_back({"Range: bytes 0-9"});
    for (const std::string& condition :
         {"If-Match: " + tag, std::string("If-Match: \"other\""),
          std::string("If-Match: *"), "If-Match: W/" + tag,
          "If-Match: \"other\", " + tag, "If-None-Match: " + tag,
          std::string("If-None-Match: \"other\""), std::string("If-None-Match: *"),
          "If-None-Match: W/" + tag, "If-None-Match: \"a\", " + tag,
          "If-Modified-Since: " + date, "If-Modified-Since: " + before,
          "If-Modified-Since: " + behind, std::string("If-Modified-Since: soon"),
          "If-Unmodified-Since: " + date, "If-Unmodified-Since: " + before,
          "If-Unmodified-Since: " + behind}) {
        all.push_back({condition});
        all.push_back({condition, "Range: bytes=10-19"});
    }
    for (const std::string& validator :
         {tag, std::string("\"other\""), "W/" + tag, date, before, behind})
        all.push_back({"If-Range: " + validator, "Range: bytes=10-19"});
    all.push_back({"If-None-Match: \"other\"", "If-Modified-Since: " + date});
    all.push_back({"If-None-Match: " + tag, "If-Modified-Since: " + before});
    all.push_back({"If-Match: " + tag, "If-Unmodified-Since: " + before});
    all.push_back({"If-Match: " + tag, "If-None-Match: " + tag});
    return all;
}

TEST_P(Files, AnswerAsHttpdsOwn) {
    start();
    Client kept = client();
    const Reply whole = kept.get("/files/page.txt");
    ASSERT_EQ(whole.status, 200);
    const auto all = combinations(whole.header("ETag").value(),
                                  whole.header("Last-Modified").value());
    EXPECT_GE(all.size(), 40u);
    for (const Headers& headers : all) {
        for (const char* method : {"GET", "HEAD"}) {
            const Reply theirs = kept.send(
                {.path = "/files/page.txt", .method = method, .headers = headers});
            const Reply ours = kept.send(
                {.path = "/ours/page.txt", .method = method, .headers = headers});
            EXPECT_EQ(shown(ours), shown(theirs))
                << method << " " << ::testing::PrintToString(headers);
        }
    }
    EXPECT_EQ(kept.get("/ours/page.txt", {"Range: bytes=10-19"}).body,
              whole.body.substr(10, 10));
}

TEST_P(Files, AreNamedAndTypedAsHttpdsOwn) {
    start("FileETag INode MTime Size\n");
    write("a.tar.gz", "not really");
    write("b.fr.utf8.txt", "oui");
    write("empty.txt", "");
    Client kept = client();
    for (const std::string name : {"a.tar.gz", "b.fr.utf8.txt", "empty.txt"})
        EXPECT_EQ(shown(kept.get("/ours/" + name)), shown(kept.get("/files/" + name)));
    write("unknown.zzz", "<script>");
    EXPECT_EQ(kept.get("/ours/unknown.zzz").header("Content-Type"),
              "application/octet-stream");
    server.configure(
        "CppCGILibrary ${TEST_HANDLERS}/pages.so\nCppCGIParam root ${DOCROOT}/files\n"
        "FileETag Digest\nForceType text/x-mine\n"
        "<Location /ours>\nCppCGIHandler pages:beneath\n</Location>\n");
    ASSERT_TRUE(server.graceful());
    Client anew = client();
    EXPECT_EQ(shown(anew.get("/ours/page.txt")), shown(anew.get("/files/page.txt")));
}

TEST_P(Files, OutsideTheRootAreNotGiven) {
    start();
    server.write("docroot/secret", "secret");
    namespace fs = std::filesystem;
    const fs::path root = server.docroot() / "files";
    fs::create_symlink("../secret", root / "out");
    fs::create_symlink("..", root / "up");
    ::mkfifo((root / "fifo").c_str(), 0666);
    fs::create_directory(root / "folder");
    Client kept = client();
    for (const char* path :
         {"/ours", "/ours/", "/ours/..", "/ours/%2e%2e%2fsecret", "/ours//etc/passwd",
          "/ours/out", "/ours/up/secret", "/ours/fifo", "/ours/folder", "/ours/folder/",
          "/ours/page.txt/", "/ours/no-such"}) {
        const Reply reply = kept.get(path);
        EXPECT_TRUE(reply.status == 404 || reply.status == 400) << path << reply.status;
        EXPECT_EQ(reply.body.find("secret\n"), reply.body.npos);
    }
    server.claim("CPPCGI0201.*answered 404: no file to send at");
}

TEST_P(Files, StandBetweenOtherText) {
    start();
    const Reply reply = client().get("/around");
    EXPECT_EQ(reply.body, "before " + bytes(1000) + " behind");
    EXPECT_EQ(reply.header("ETag"), std::nullopt);
}

// Its size is what it was when the handler opened it: nothing of what is written behind
// leaves, and what is missing is seen.
TEST_P(Files, ThatChangeMeanwhileAreWhatTheyWere) {
    std::filesystem::create_directory(server.root() / "changing");
    std::filesystem::permissions(server.root() / "changing",
                                 std::filesystem::perms::all);
    start();
    Client kept = client();
    const std::string whole(100000, 'a');
    EXPECT_TRUE(kept.get("/changing?200000").body == whole);
    const Reply part = kept.get("/changing?200000", {"Range: bytes=99900-100100"});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.header("Content-Range"), "bytes 99900-99999/100000");
    EXPECT_EQ(part.body, std::string(100, 'a'));
    EXPECT_EQ(kept.get("/changing?200000", {"Range: bytes=100000-"}).status, 416);
    EXPECT_NE(client().get("/changing?500").code, CURLE_OK);
    EXPECT_TRUE(client().get("/changing?100000").body == whole);
}

// Read by turns from one descriptor: its position must not matter.
TEST_P(Files, OfOneDescriptorGoToManyAtOnce) {
    const std::string text = bytes(300000);
    write("page.txt", text);
    start("EnableMMAP off\nEnableSendfile off\n");
    std::vector<std::thread> clients;
    std::atomic<int> good{0};
    for (int i = 0; i < 4; ++i)
        clients.emplace_back([&] {
            Client own = client();
            for (int j = 0; j < 10; ++j) good += own.get("/shared").body == text;
        });
    for (std::thread& thread : clients) thread.join();
    EXPECT_EQ(good, 40);
}

TEST_P(Files, LeaveBySendfileAndMmap) {
    const std::string text = bytes(5000000);
    write("page.txt", text);
    for (const char* config :
         {"EnableSendfile on\n", "EnableMMAP on\n", "EnableMMAP off\n"}) {
        if (!server.running()) {
            start(config);
        } else {
            server.configure(
                std::string(
                    "CppCGILibrary ${TEST_HANDLERS}/pages.so\n"
                    "CppCGIParam root ${DOCROOT}/files\n"
                    "<Location /ours>\nCppCGIHandler pages:beneath\n</Location>\n") +
                config);
            ASSERT_TRUE(server.graceful());
        }
        Client own = client();
        EXPECT_TRUE(own.get("/ours/page.txt").body == text) << config;
        EXPECT_TRUE(own.get("/ours/page.txt", {"Range: bytes=4000000-4999999"}).body ==
                    text.substr(4000000))
            << config;
    }
}

TEST_P(Files, AreSavedUnderTheirName) {
    start();
    EXPECT_EQ(client().get("/save").header("Content-Disposition"),
              "attachment; filename=\"na_ve _.txt\"; "
              "filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt");
}

CPPCGI_ON_EVERY_MPM(Files);

}  // namespace
}  // namespace cppcgi_test
