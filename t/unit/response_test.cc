#include <cppcgi/response.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>

#include "t/memory_call.h"
#include "t/scratch_directory.h"

namespace cppcgi {
namespace {

using cppcgi_test::Answer;
using cppcgi_test::call;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(Response, IsHtmlUnlessItSaysOtherwise) {
    EXPECT_EQ(call([](auto&, auto& res) { res << "x"; }).page.head,
              "Status: 200\r\nContent-Type: text/html; charset=utf-8\r\n"
              "Content-Length: 1\r\n");
    EXPECT_EQ(call([](auto&, auto& res) {
                  res.content_type("text/plain").content_type("image/png");
              }).page.head,
              "Status: 200\r\nContent-Type: image/png\r\nContent-Length: 0\r\n");
}

TEST(Response, WithoutABodyHasNoType) {
    EXPECT_EQ(call([](auto&, auto& res) { res.status(304); }).page.head,
              "Status: 304\r\n");
}

TEST(Response, StatusTakesAReason) {
    const Answer answer =
        call([](auto&, auto& res) { res.status(418, "I'm a teapot"); });
    EXPECT_EQ(answer.page.status, 418);
    EXPECT_THAT(answer.page.head, HasSubstr("Status: 418 I'm a teapot\r\n"));
}

TEST(Response, StatusThatIsNoneIsRefused) {
    for (const Answer& answer : {call([](auto&, auto& res) { res.status(199); }),
                                 call([](auto&, auto& res) { res.status(600); })})
        EXPECT_EQ(answer.page.status, 500) << answer.page.log;
}

TEST(Response, HeaderReplacesInAnyCaseAndAddHeaderAdds) {
    const Answer answer = call([](auto&, auto& res) {
        res.header("X-A", "1").header("x-a", "2").add_header("X-A", "3");
    });
    EXPECT_THAT(answer.page.headers,
                ElementsAre(Pair("x-a", "2"), Pair("X-A", "3"),
                            Pair("Content-Type", "text/html; charset=utf-8"),
                            Pair("Content-Length", "0")));
}

TEST(Response, ManyLargeHeadersArrive) {
    const Answer answer = call([](auto&, auto& res) {
        for (int i = 0; i < 100; ++i)
            res.add_header("X-" + std::to_string(i), std::string(100, 'x'));
    });
    ASSERT_EQ(answer.page.headers.size(), 102u);
    EXPECT_EQ(answer.page.header("X-99"), std::string(100, 'x'));
}

TEST(Response, CookiesAreAdded) {
    const Answer answer = call([](auto&, auto& res) {
        res.cookie(Cookie("a", "1")).cookie(Cookie("b", "2"));
        res.header("Set-Cookie", "c=3");
    });
    EXPECT_THAT(answer.page.cookies,
                ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3")));
}

TEST(Response, RedirectAlwaysHasAStatus) {
    const Answer answer =
        call([](auto&, auto& res) { res.redirect("/there?a=1&b=\""); });
    EXPECT_EQ(answer.page.status, 302);
    EXPECT_EQ(answer.page.header("Location"), "/there?a=1&b=\"");
    EXPECT_THAT(answer.page.body, HasSubstr("<a href=\"/there?a=1&amp;b=&quot;\">"));
    EXPECT_EQ(call([](auto&, auto& res) { res.redirect("/", 308); }).page.status, 308);
}

TEST(Response, NewlineInARedirectIsRefused) {
    EXPECT_EQ(call([](auto&, auto& res) { res.redirect("/\r\nX: y"); }).page.status,
              500);
}

TEST(Response, AttachmentHasBothNames) {
    const Answer answer =
        call([](auto&, auto& res) { res.attachment("\xE2\x82\xAC.txt"); });
    EXPECT_THAT(*answer.page.header("Content-Disposition"),
                HasSubstr("filename*=UTF-8''%E2%82%AC.txt"));
}

TEST(Response, WritesArithmeticWithoutALocale) {
    EXPECT_EQ(call([](auto&, auto& res) {
                  res << 1234567 << ' ' << -1 << ' ' << 0.5 << ' ' << true << ' '
                      << std::string("s") << std::string_view("v") << "c";
              }).page.body,
              "1234567 -1 0.5 true svc");
}

TEST(Response, StreamSharesOrderWithWrite) {
    EXPECT_EQ(call([](auto&, auto& res) {
                  res << "a";
                  res.out() << "b" << 1;
                  res << "c";
              }).page.body,
              "ab1c");
}

TEST(Response, HtmlEscapesItsArguments) {
    EXPECT_EQ(call([](auto&, auto& res) {
                  res.html("<p title=\"{}\">{{{}}}</p>", "\"", "<&>");
              }).page.body,
              "<p title=\"&quot;\">{&lt;&amp;&gt;}</p>");
}

TEST(Response, ChangingAHeadThatIsOutThrows) {
    const Answer answer = call([](auto&, auto& res) {
        EXPECT_FALSE(res.head_sent());
        res.flush();
        EXPECT_TRUE(res.head_sent());
        EXPECT_THROW(res.status(404), std::logic_error);
        EXPECT_THROW(res.header("X", "y"), std::logic_error);
        EXPECT_THROW(res.cookie(Cookie("a", "b")), std::logic_error);
    });
    EXPECT_EQ(answer.page.status, 200);
}

TEST(Response, SendsAFileWithItsLength) {
    static std::string path;
    const cppcgi_test::ScratchDirectory folder;
    const std::string text(100000, 'x');
    path = folder.write("file", text);
    const Answer answer =
        call([](auto&, auto& res) { res.content_type("text/plain").send_file(path); });
    EXPECT_EQ(answer.page.header("Content-Length"), "100000");
    EXPECT_TRUE(answer.page.body == text);
    const Answer longer = call([](auto&, auto& res) {
        res << "before ";
        res.send_file(path) << " behind";
    });
    EXPECT_TRUE(longer.page.body == "before " + text + " behind");
    EXPECT_EQ(longer.page.log, "");
}

TEST(Response, FileMayStandAnywhere) {
    static std::string path;
    const cppcgi_test::ScratchDirectory folder;
    const std::string text(100000, 'x');
    path = folder.write("file", text);
    const auto expect = [](const HandlerFunction handler, const std::string& body) {
        const Answer answer = call(handler);
        EXPECT_TRUE(answer.page.body == body) << answer.page.body.size();
        EXPECT_EQ(answer.page.log, "");
        EXPECT_TRUE(answer.whole);
    };
    expect([](auto&, auto& res) { res.send_file(path) << " behind"; },
           text + " behind");
    expect([](auto&, auto& res) { (res << "before ").send_file(path); },
           "before " + text);
    expect([](auto&, auto& res) { res.send_file(path).send_file(path); }, text + text);
    expect([](auto&, auto& res) { res.send_file(path).flush() << "."; }, text + ".");
}

TEST(Response, EmptyFileIsAnEmptyPage) {
    static std::string path;
    const cppcgi_test::ScratchDirectory folder;
    path = folder.write("empty.css", "");
    const Answer answer = call([](auto&, auto& res) { res.send_file(path); });
    EXPECT_EQ(answer.page.header("Content-Length"), "0");
    EXPECT_EQ(answer.page.header("Content-Type"), "text/css");
}

TEST(Response, FileBringsTypeAndValidators) {
    static std::string root, path;
    const cppcgi_test::ScratchDirectory folder;
    root = folder.path();
    path = folder.write("data.json", "{}");
    folder.write("odd.name", "<script>");
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    const HandlerFunction send = [](auto&, auto& res) {
        res.send_file(root, "data.json");
    };
    const Answer answer = call(send);
    EXPECT_EQ(answer.page.header("Content-Type"), "application/json");
    const std::string tag(answer.page.header("ETag").value());
    EXPECT_THAT(tag, ::testing::MatchesRegex("\"2-[0-9a-f]+\""));
    EXPECT_NE(answer.page.header("Last-Modified"), std::nullopt);
    program::MemoryRequest known;
    known.options.headers.emplace_back("If-None-Match", tag);
    EXPECT_EQ(call(send, known).page.status, 304);
    EXPECT_EQ(call(send, known).page.body, "");
    program::MemoryRequest other;
    other.options.headers.emplace_back("If-Match", "\"other\"");
    EXPECT_EQ(call(send, other).page.status, 412);
    EXPECT_EQ(call([](auto&, auto& res) {
                  res.send_file(root, "odd.name");
              }).page.header("Content-Type"),
              "application/octet-stream");
    const Answer own = call([](auto&, auto& res) {
        res.content_type("text/plain").etag("mine").send_file(path);
    });
    EXPECT_EQ(own.page.header("Content-Type"), "text/plain");
    EXPECT_EQ(own.page.header("ETag"), "\"mine\"");
}

TEST(Response, OpenFileIsSentInPart) {
    static int descriptor;
    const cppcgi_test::ScratchDirectory folder;
    descriptor =
        ::open(folder.write("file", "0123456789").c_str(), O_RDONLY | O_CLOEXEC);
    const auto body = [](const HandlerFunction handler) {
        return call(handler).page.body;
    };
    EXPECT_EQ(body([](auto&, auto& res) { res.send_fd(descriptor); }), "0123456789");
    EXPECT_EQ(body([](auto&, auto& res) {
                  res.send_fd(descriptor, {.offset = 2, .length = 3});
              }),
              "234");
    EXPECT_EQ(body([](auto&, auto& res) {
                  res.send_fd(descriptor, {.offset = 8, .length = 30});
              }),
              "89");
    EXPECT_EQ(body([](auto&, auto& res) { res.send_fd(descriptor, {.offset = 80}); }),
              "");
    const Answer part = call([](auto&, auto& res) {
        res.send_fd(descriptor, {.name = "a.txt", .offset = 2});
    });
    EXPECT_EQ(part.page.header("ETag"), std::nullopt);
    EXPECT_EQ(part.page.header("Content-Type"), "text/plain");
    EXPECT_EQ(::lseek(descriptor, 0, SEEK_CUR), 0);
    ::close(descriptor);
    EXPECT_EQ(call([](auto&, auto& res) { res.send_fd(-1); }).page.status, 500);
}

TEST(Response, InternalRedirectIsALocationAndNothingElse) {
    const Answer answer = call([](auto&, auto& res) {
        res.status(404).header("X-A", "b") << "dropped";
        res.internal_redirect("/there?a=b");
        res << "dropped too";
        EXPECT_TRUE(res.head_sent());
    });
    EXPECT_EQ(answer.page.head, "Location: /there?a=b\r\n");
    EXPECT_EQ(answer.page.body, "");
    for (const char* location : {"http://other/", "there", "", "/a\r\nX: y"}) {
        program::MemoryRequest request;
        request.options.params.emplace_back("to", location);
        EXPECT_EQ(
            call([](auto& req,
                    auto& res) { res.internal_redirect(req.param("to").value()); },
                 request)
                .page.status,
            500)
            << location;
    }
}

TEST(Response, RedirectTakesCodesOfRedirectsOnly) {
    for (const int code : {301, 302, 303, 307, 308}) {
        program::MemoryRequest request;
        request.options.params.emplace_back("code", std::to_string(code));
        EXPECT_EQ(call(
                      [](auto& req, auto& res) {
                          res.redirect("next",
                                       std::stoi(std::string(*req.param("code"))));
                      },
                      request)
                      .page.status,
                  code);
    }
    EXPECT_EQ(call([](auto&, auto& res) { res.redirect("/", 200); }).page.status, 500);
    EXPECT_EQ(call([](auto&, auto& res) { res.redirect("/", 304); }).page.status, 500);
}

TEST(Response, ErrorBringsHeadersOfItsOwn) {
    const Answer answer = call([](auto&, auto&) {
        throw Error(503, "full")
            .retry_after(std::chrono::seconds(30))
            .header("X-A", "b");
    });
    EXPECT_EQ(answer.page.status, 503);
    EXPECT_EQ(answer.page.header("Retry-After"), "30");
    EXPECT_EQ(answer.page.header("X-A"), "b");
    const Answer bad = call(
        [](auto&, auto&) { throw Error(503, "full").header("X-A", "b\r\nX-B: c"); });
    EXPECT_EQ(bad.page.status, 503);
    EXPECT_EQ(bad.page.header("X-A"), std::nullopt);
}

TEST(Response, MethodsThatAreNotAllowedAreAnswered) {
    const HandlerFunction handler = [](Request& req, Response& res) {
        req.allow({"GET", "POST"});
        res << "page";
    };
    const auto ask = [&](const char* method) {
        program::MemoryRequest request;
        request.method = method;
        return call(handler, request).page;
    };
    for (const char* method : {"GET", "HEAD", "POST"})
        EXPECT_EQ(ask(method).status, 200);
    EXPECT_EQ(ask("DELETE").status, 405);
    EXPECT_EQ(ask("get").status, 405);
    EXPECT_EQ(ask("DELETE").header("Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(ask("OPTIONS").status, 204);
    EXPECT_EQ(ask("OPTIONS").header("Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(ask("OPTIONS").body, "");
    program::MemoryRequest head;
    head.method = "HEAD";
    EXPECT_EQ(call([](Request& req, auto&) { req.allow({"POST"}); }, head).page.status,
              405);
    head.method = "OPTIONS";
    EXPECT_EQ(call(
                  [](Request& req, auto& res) {
                      req.allow({"OPTIONS"});
                      res << "mine";
                  },
                  head)
                  .page.body,
              "mine");
}

TEST(Response, OfOnePieceHasItsOwnLength) {
    const Answer answer =
        call([](auto&, auto& res) { res.header("Content-Length", "3") << "longer"; });
    EXPECT_EQ(answer.page.header("Content-Length"), "6");
    EXPECT_EQ(answer.page.body, "longer");
    EXPECT_TRUE(answer.whole);
}

TEST(Response, LongerThanItDeclaredIsCut) {
    const Answer answer = call([](auto&, auto& res) {
        (res.header("Content-Length", "3") << "ab").flush() << "cde";
    });
    EXPECT_EQ(answer.page.body, "abc");
    EXPECT_TRUE(answer.whole);
    EXPECT_THAT(answer.page.log, HasSubstr("CPPCGI0211: handler test declared a "
                                           "Content-Length and wrote 2 bytes more"));
}

TEST(Response, ShorterThanItDeclaredIsNotWhole) {
    const Answer answer = call(
        [](auto&, auto& res) { (res.header("Content-Length", "3") << "ab").flush(); });
    EXPECT_FALSE(answer.whole);
    EXPECT_THAT(answer.page.log, HasSubstr("1 bytes less"));
}

TEST(Response, FramingIsNotTheHandlers) {
    const Answer answer =
        call([](auto&, auto& res) { res.header("Transfer-Encoding", "gzip") << "x"; });
    EXPECT_EQ(answer.page.header("Transfer-Encoding"), std::nullopt);
}

TEST(Response, MissingFileIs404) {
    EXPECT_EQ(
        call([](auto&, auto& res) { res.send_file("/no/such/file"); }).page.status,
        404);
    EXPECT_EQ(call([](auto&, auto& res) { res.send_file("/"); }).page.status, 404);
}

}  // namespace
}  // namespace cppcgi
