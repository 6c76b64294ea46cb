#include "core/head.h"

#include "t/guard_page.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace cppcgi::detail {
namespace {

cppcgi_text text(std::string_view view) { return {view.data(), view.size()}; }

// Keeps what a cppcgi_head points to.
struct Head {
    explicit Head(int status = 200, std::string_view reason = {})
        : record{sizeof record, status, text(reason), nullptr, 0} {}

    Head& add(std::string_view name, std::string_view value) {
        headers.push_back({text(name), text(value)});
        record.headers = headers.data();
        record.header_count = headers.size();
        return *this;
    }

    cppcgi_head record;
    std::vector<cppcgi_pair> headers;
};

HeadFault fault(const Head& head) { return check_head(head.record).fault; }

TEST(Head, AcceptsWhatIsFitForTheWire) {
    EXPECT_EQ(fault(Head()), HeadFault::none);
    EXPECT_EQ(fault(Head(404, "Not Here").add("X-a!#$%&'*+-.^_`|~1", "a\tb \xc3\xbc")),
              HeadFault::none);
    EXPECT_EQ(fault(Head().add("X-Empty", "")), HeadFault::none);
}

TEST(Head, RefusesAStatusOutside200To599) {
    for (const int status : {-200, 0, 99, 100, 199, 600, 999, 2000}) {
        EXPECT_EQ(fault(Head(status)), HeadFault::status) << status;
    }
    for (const int status : {200, 599}) {
        EXPECT_EQ(fault(Head(status)), HeadFault::none) << status;
    }
}

TEST(Head, RefusesControlsInTheReason) {
    using namespace std::string_view_literals;
    for (const auto reason : {"a\r\nb"sv, "a\n"sv, "a\0b"sv, "\x1b[1m"sv}) {
        EXPECT_EQ(fault(Head(200, reason)), HeadFault::reason) << reason;
    }
}

TEST(Head, RefusesALengthThatWouldPutTheConnectionOutOfStep) {
    for (const std::string_view value :
         {"", "abc", "-5", "+5", "5, 5", " 5", "0x5", "1000000000000000000"}) {
        EXPECT_EQ(fault(Head().add("content-length", value)), HeadFault::length)
            << value;
    }
    EXPECT_EQ(fault(Head().add("Content-Length", "5").add("Content-Length", "5")),
              HeadFault::length);
    EXPECT_EQ(fault(Head().add("Content-Length", "0")), HeadFault::none);
    EXPECT_EQ(fault(Head().add("Content-Length", "999999999999999999")),
              HeadFault::none);
}

TEST(Head, RefusesANameThatIsNoToken) {
    for (const std::string_view name :
         {"", "a b", "a:", "a\r\n", "\xc3\xbc", "a\"", "a("}) {
        EXPECT_EQ(fault(Head().add(name, "x")), HeadFault::name) << name;
    }
}

TEST(Head, RefusesNewlineAndNulInAValue) {
    using namespace std::string_view_literals;
    for (const auto value :
         {"a\rb"sv, "a\n"sv, "a\r\n b"sv, "\0"sv, "\x7f"sv, "\x1b"sv}) {
        EXPECT_EQ(fault(Head().add("X-A", value)), HeadFault::value) << value;
    }
}

TEST(Head, NamesTheFirstBadHeaderAndShowsNoControl) {
    Head head;
    head.add("X-Good", "1").add("X-Bad", "a\r\nSet-Cookie: b").add("b@d", "");
    const HeadCheck check = check_head(head.record);
    EXPECT_EQ(check.index, 1u);
    EXPECT_EQ(
        describe(check, head.record),
        "the value of header X-Bad holds CR, LF, NUL or another control character: "
        "\"a\\x0d\\x0aSet-Cookie: b\"");
    EXPECT_EQ(describe(check_head(Head(600).record), Head(600).record),
              "status 600 is not 200 to 599");
}

TEST(Head, IsWrittenAsACgiProgramDoes) {
    Head head(404, "Gone Fishing");
    head.add("Content-Type", "text/plain").add("X-A", "b");
    std::string out = "before";
    append_cgi_head(out, head.record);
    EXPECT_EQ(
        out,
        "beforeStatus: 404 Gone Fishing\r\nContent-Type: text/plain\r\nX-A: b\r\n\r\n");
    out.clear();
    append_cgi_head(out, Head(204).record);
    EXPECT_EQ(out, "Status: 204\r\n\r\n");
}

TEST(Head, IsReadToItsLastByteOnly) {
    const cppcgi_test::GuardPage page("X-A");
    EXPECT_EQ(fault(Head(200, page.view()).add(page.view(), page.view())),
              HeadFault::none);
}

}  // namespace
}  // namespace cppcgi::detail
