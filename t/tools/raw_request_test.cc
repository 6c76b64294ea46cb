#include "tools/cppcgi/raw_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace cppcgi::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(RawRequest, HasMethodUrlHeadersAndBody) {
    const auto request = parse_raw_request(
        "POST /greet/a?b=c HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
        "Content-Type: text/plain\r\n\r\nabcdef");
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "/greet/a?b=c");
    EXPECT_THAT(
        request.options.headers,
        ElementsAre(Pair("Host", "localhost"), Pair("Content-Type", "text/plain")));
    EXPECT_EQ(request.body, "abc");
}

TEST(RawRequest, TakesLineEndsOfBothKindsAndAWholeUrl) {
    const auto request =
        parse_raw_request("GET http://localhost:80/x HTTP/1.0\nA: b\n\n");
    EXPECT_EQ(request.url, "/x");
    EXPECT_THAT(request.options.headers, ElementsAre(Pair("A", "b")));
}

TEST(RawRequest, BodyWithoutALengthIsTheRest) {
    EXPECT_EQ(parse_raw_request("PUT / HTTP/1.1\n\na\n\nb").body, "a\n\nb");
}

TEST(RawRequest, JoinsRepeatedHeaders) {
    EXPECT_THAT(
        parse_raw_request("GET / HTTP/1.1\nCookie: a=1\nX: 1\ncookie: b=2\nx: 2\n\n")
            .options.headers,
        ElementsAre(Pair("Cookie", "a=1; b=2"), Pair("X", "1, 2")));
}

TEST(RawRequest, PutsChunksTogether) {
    EXPECT_EQ(parse_raw_request("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
                  .body,
              "abcde");
    EXPECT_EQ(parse_raw_request("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "ff\r\nabc")
                  .body,
              "abc");
}

TEST(RawRequest, PassesOverWhatStandsBefore) {
    const auto request = parse_raw_request("a report\n\nGET /x HTTP/1.1\n\n");
    EXPECT_EQ(request.url, "/x");
    EXPECT_THAT(request.options.headers, IsEmpty());
}

TEST(RawRequest, SaysWhatIsNone) {
    for (const char* text : {"", "\n", "hello", "GET x HTTP/1.1\n", "get / HTTP/1.1\n"})
        EXPECT_THROW(parse_raw_request(text), std::runtime_error) << text;
    EXPECT_THROW(parse_raw_request("GET / HTTP/1.1\nno header\n\n"),
                 std::runtime_error);
}

}  // namespace
}  // namespace cppcgi::tools
