#include <cppcgi/caching.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "t/memory_call.h"

namespace cppcgi {
namespace {

using namespace std::chrono_literals;
using cppcgi_test::Answer;
using cppcgi_test::call;

// A page that tells whether it was made.
const HandlerFunction page = [](Request&, Response& res) {
    if (res.not_modified({.etag = "v1", .last_modified = Time{} + 24h})) return;
    res << "made";
};

program::MemoryRequest with(std::string name, std::string value,
                            std::string method = "GET") {
    program::MemoryRequest request;
    request.method = std::move(method);
    request.options.headers.emplace_back(std::move(name), std::move(value));
    return request;
}

TEST(CacheControl, IsWrittenInWords) {
    EXPECT_EQ((CacheControl{.is_public = true, .max_age = 24h}).to_string(),
              "public, max-age=86400");
    EXPECT_EQ((CacheControl{.no_store = true}).to_string(), "no-store");
    EXPECT_EQ((CacheControl{.is_private = true,
                            .no_cache = true,
                            .no_transform = true,
                            .must_revalidate = true,
                            .immutable = true,
                            .max_age = -1s,
                            .s_maxage = 1min,
                            .stale_while_revalidate = 2s,
                            .stale_if_error = 3s})
                  .to_string(),
              "private, no-cache, no-transform, must-revalidate, immutable, max-age=0, "
              "s-maxage=60, stale-while-revalidate=2, stale-if-error=3");
}

TEST(Caching, HeadsAreSetByTypedTimes) {
    const Answer answer = call([](auto&, auto& res) {
        res.cache_control({.max_age = 1h}).expires(Time{} + 1h).etag("a", true);
        res.last_modified(Time{}).retry_after(90s);
    });
    EXPECT_EQ(answer.page.header("Cache-Control"), "max-age=3600");
    EXPECT_EQ(answer.page.header("Expires"), "Thu, 01 Jan 1970 01:00:00 GMT");
    EXPECT_EQ(answer.page.header("ETag"), "W/\"a\"");
    EXPECT_EQ(answer.page.header("Last-Modified"), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(answer.page.header("Retry-After"), "90");
}

TEST(Caching, LastModifiedIsNeverAhead) {
    const Answer answer = call([](auto&, auto& res) {
        res.last_modified(std::chrono::system_clock::now() + 1h);
    });
    EXPECT_LE(parse_http_date(answer.page.header("Last-Modified").value()),
              std::chrono::system_clock::now());
}

TEST(Caching, PageThatIsKnownIsNotMade) {
    const Answer made = call(page), known = call(page, with("If-None-Match", "\"v1\""));
    EXPECT_EQ(made.page.status, 200);
    EXPECT_EQ(made.page.body, "made");
    EXPECT_EQ(made.page.header("ETag"), "\"v1\"");
    EXPECT_EQ(known.page.status, 304);
    EXPECT_EQ(known.page.body, "");
    EXPECT_EQ(known.page.header("ETag"), "\"v1\"");
    EXPECT_EQ(known.page.header("Last-Modified"), "Fri, 02 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(known.page.header("Content-Length"), std::nullopt);
    EXPECT_EQ(call(page, with("If-Modified-Since", "Fri, 02 Jan 1970 00:00:00 GMT"))
                  .page.status,
              304);
}

TEST(Caching, PageThatIsNotTheOneMeantIs412) {
    EXPECT_EQ(call(page, with("If-Match", "\"v2\"")).page.status, 412);
    EXPECT_EQ(call(page, with("If-Match", "\"v2\"", "PUT")).page.status, 412);
    EXPECT_EQ(call(page, with("If-None-Match", "*", "PUT")).page.status, 412);
    EXPECT_EQ(call(page, with("If-None-Match", "\"v1\"", "HEAD")).page.status, 304);
    EXPECT_EQ(call(page, with("If-Match", "\"v1\"", "PUT")).page.status, 200);
}

TEST(Caching, TagThatIsNoneThrows) {
    EXPECT_EQ(call([](auto&, auto& res) { res.etag("a b"); }).page.status, 500);
}

}  // namespace
}  // namespace cppcgi
