#include "core/secrets.h"

#include <gtest/gtest.h>

namespace cppcgi::detail {
namespace {

TEST(Secrets, NamesThatTell) {
    for (const char* name :
         {"password", "Passwd", "userPassword", "pwd", "client_secret", "api_key",
          "X-Auth-Token", "PHPSESSID", "csrfmiddlewaretoken", "creditcard", "cvv",
          "pin", "card-pin", "HTTP_X_API_KEY", "JWT", "otp", "SSL_SESSION_ID",
          "connect.sid"})
        EXPECT_TRUE(is_secret_name(name)) << name;
    for (const char* name : {"", "name", "shipping", "opinion", "author", "text", "PWD",
                             "zip", "side", "HTTP_HOST", "AUTH_TYPE", "footprint"})
        EXPECT_FALSE(is_secret_name(name)) << name;
    EXPECT_TRUE(is_secret_name(std::string(1000, 'a')));
}

TEST(Secrets, OfAQueryByTheDecodedName) {
    Secrets secrets(false);
    EXPECT_EQ(secrets.variable("QUERY_STRING", "a=b&pass%77ord=x&c;token=&key&=&"),
              "a=b&pass%77ord=[hidden]&c;token=&key&=&");
}

TEST(Secrets, OfAUrlInQueryAndUser) {
    Secrets secrets(false);
    EXPECT_EQ(secrets.url("https://a:b@c.example/d?pin=1234#e"),
              "https://[hidden]@c.example/d?pin=[hidden]#e");
    EXPECT_EQ(secrets.url("/a@b?c=d"), "/a@b?c=d");
    EXPECT_EQ(secrets.url("https://c.example/x@y"), "https://c.example/x@y");
    EXPECT_EQ(secrets.url(""), "");
    EXPECT_EQ(secrets.url("://"), "://");
}

TEST(Secrets, OfHeaders) {
    Secrets secrets(false);
    EXPECT_EQ(secrets.variable("HTTP_COOKIE", "a=1; b=2;c; =d"),
              "a=[hidden]; b=[hidden];[hidden]; =[hidden]");
    EXPECT_EQ(secrets.variable("HTTP_AUTHORIZATION", "Basic abc"), "Basic [hidden]");
    EXPECT_EQ(secrets.variable("HTTP_PROXY_AUTHORIZATION", "abc"), "[hidden]");
    EXPECT_EQ(secrets.variable("HTTP_X_API_KEY", "abc"), "[hidden]");
}

TEST(Secrets, AreCleanedFromOtherText) {
    Secrets secrets(false);
    secrets.field("password", "hunter 2");
    secrets.field("pin", "123");
    secrets.variable("QUERY_STRING", "token=a%2Fb%2Bc");
    EXPECT_EQ(secrets.clean("no hunter 2, a/b+c or a%2Fb%2Bc; 123"),
              "no [hidden], [hidden] or [hidden]; 123");
}

TEST(Secrets, AreShownWhenAskedFor) {
    Secrets secrets(true);
    EXPECT_EQ(secrets.field("password", "hunter2"), "hunter2");
    EXPECT_EQ(secrets.variable("HTTP_COOKIE", "a=1234"), "a=1234");
    EXPECT_EQ(secrets.clean("hunter2 1234"), "hunter2 1234");
}

}  // namespace
}  // namespace cppcgi::detail
