#include "tools/cppcgi/server_question.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace cppcgi::tools {
namespace {

TEST(ParseUrl, TakesItApart) {
    const Url plain = parse_url("http://example.org");
    EXPECT_EQ(plain.host + "|" + plain.port + "|" + plain.path, "example.org|80|/");
    const Url full = parse_url("https://me:secret@[::1]:8443/a%20b?c=d#e");
    EXPECT_EQ(full.host + "|" + full.port + "|" + full.path, "[::1]|8443|/a%20b?c=d");
    EXPECT_EQ(parse_url("http://h?q").path, "/?q");
    EXPECT_EQ(parse_url("https://h/").port, "443");
}

TEST(ParseUrl, RefusesWhatWouldSplitARequest) {
    for (const char* bad : {"", "hello", "ftp://h/", "http://", "http:///a",
                            "http://h/a b", "http://h/a\r\nX: y", "http://h\n/"})
        EXPECT_THROW(parse_url(bad), std::runtime_error) << bad;
}

TEST(AskServer, SaysWhatToDoWhereNobodyAnswers) {
    try {
        ask_server(parse_url("http://127.0.0.1:1/hello"), "", false);
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("no server answers at 127.0.0.1:1"),
                  std::string::npos)
            << error.what();
    }
}

}  // namespace
}  // namespace cppcgi::tools
