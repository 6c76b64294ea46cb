#include "core/script_head.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

using cppcgi::HeadFault;
using cppcgi::ScriptHead;
using cppcgi::ScriptHeadLimits;

namespace {

struct Parsed {
    std::string events;
    std::string rest;
    bool operator==(const Parsed&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Parsed& parsed) {
    return out << parsed.events << "rest=" << parsed.rest;
}

// The head in pieces of `step` bytes, then the end of the output.
Parsed parse(std::string_view input, std::size_t step, ScriptHeadLimits limits = {}) {
    ScriptHead head(limits);
    Parsed parsed;
    for (std::size_t at = 0; at < input.size(); at += step) {
        const std::string_view piece = input.substr(at, step);
        parsed.rest += piece.substr(head.feed(piece));
    }
    head.finish();
    if (head.refused()) {
        parsed.rest.clear();
        parsed.events = std::string("refused: ") + text(head.fault()) + " [" +
                        std::string(head.offending_line()) + "]";
        return parsed;
    }
    parsed.events = std::to_string(head.status()) + "|" + std::string(head.reason());
    for (std::size_t i = 0; i < head.size(); ++i) {
        parsed.events +=
            "|" + std::string(head[i].name) + "=" + std::string(head[i].value);
    }
    return parsed;
}

// Every way of cutting must agree; gives the result of the uncut input.
Parsed parse(std::string_view input, ScriptHeadLimits limits = {}) {
    const Parsed whole = parse(input, input.size() + 1, limits);
    for (const std::size_t step : {1u, 2u, 3u, 7u}) {
        EXPECT_EQ(parse(input, step, limits), whole) << "in pieces of " << step;
    }
    return whole;
}

HeadFault fault_of(std::string_view input, ScriptHeadLimits limits = {}) {
    ScriptHead head(limits);
    head.feed(input);
    head.finish();
    parse(input, limits);
    return head.fault();
}

}  // namespace

TEST(ScriptHead, FieldsAndBodyAreSeparated) {
    const Parsed parsed =
        parse("Content-Type: text/plain\nX-A:  b c \n\nbody\nmore\n\n");
    EXPECT_EQ(parsed.events, "0||Content-Type=text/plain|X-A=b c");
    EXPECT_EQ(parsed.rest, "body\nmore\n\n");
}

TEST(ScriptHead, CarriageReturnsBeforeLineFeedAreDropped) {
    const Parsed parsed = parse("A: 1\r\nB: 2\r\r\n\r\nbody");
    EXPECT_EQ(parsed.events, "0||A=1|B=2");
    EXPECT_EQ(parsed.rest, "body");
}

TEST(ScriptHead, EmptyHeadIsDone) {
    EXPECT_EQ(parse("\nbody").events, "0|");
    EXPECT_EQ(parse("\r\nbody").rest, "body");
}

TEST(ScriptHead, EmptyValueIsAValue) { EXPECT_EQ(parse("A:\n\n").events, "0||A="); }

TEST(ScriptHead, BytesAboveAsciiPass) {
    EXPECT_EQ(parse("A: gr\xc3\xbc\xc3\x9f\n\n").events, "0||A=gr\xc3\xbc\xc3\x9f");
}

TEST(ScriptHead, StatusWithReason) {
    EXPECT_EQ(parse("Status: 404 Not here \nA: b\n\n").events, "404|Not here|A=b");
    EXPECT_EQ(parse("status:599\n\n").events, "599|");
    EXPECT_EQ(parse("STATUS: 200\n\n").events, "200|");
}

TEST(ScriptHead, LastStatusWins) {
    EXPECT_EQ(parse("Status: 404 x\nStatus: 201\n\n").events, "201|");
}

TEST(ScriptHead, StatusThatIsNoNumberIsRefused) {
    for (const char* value :
         {"", "2", "20", "OK", "2 00", "-20", "+200", "0x1", "200OK", "2000", "20a"}) {
        const std::string head = std::string("Status: ") + value + "\n\n";
        EXPECT_EQ(fault_of(head), HeadFault::bad_status) << head;
    }
}

TEST(ScriptHead, InformationalStatusIsRefused) {
    EXPECT_EQ(fault_of("Status: 100\n\n"), HeadFault::status_not_final);
    EXPECT_EQ(fault_of("Status: 103 Early Hints\n\n"), HeadFault::status_not_final);
    EXPECT_EQ(fault_of("Status: 000\n\n"), HeadFault::status_not_final);
}

TEST(ScriptHead, StatusAbove599IsRefused) {
    EXPECT_EQ(fault_of("Status: 600\n\n"), HeadFault::status_out_of_range);
    EXPECT_EQ(fault_of("Status: 999\n\n"), HeadFault::status_out_of_range);
}

TEST(ScriptHead, ControlCharactersAreRefused) {
    using namespace std::string_view_literals;
    for (const auto head : {"A: b\rC: d\n\n"sv, "A: b\0c\n\n"sv, "A: \x1b[0m\n\n"sv,
                            "A: \x7f\n\n"sv, "Status: 200 O\x01K\n\n"sv}) {
        EXPECT_EQ(fault_of(head), HeadFault::bad_value) << head;
    }
    EXPECT_EQ(parse("A: b\tc\n\n").events, "0||A=b\tc");
}

TEST(ScriptHead, NamesThatAreNoTokensAreRefused) {
    for (const char* head : {": x\n\n", "A : x\n\n", "A\tB: x\n\n", "(A): x\n\n",
                             "\xc3\xbc: x\n\n", "A\r: x\n\n"}) {
        EXPECT_EQ(fault_of(head), HeadFault::bad_name) << head;
    }
}

TEST(ScriptHead, FoldedLineIsRefused) {
    EXPECT_EQ(fault_of("A: b\n c: d\n\n"), HeadFault::folded);
    EXPECT_EQ(fault_of("\tA: b\n\n"), HeadFault::folded);
}

TEST(ScriptHead, LineWithoutColonIsNamed) {
    EXPECT_EQ(parse("A: b\nTraceback of it\r\nB: c\n\n").events,
              "refused: a line of the head has no colon [Traceback of it]");
}

TEST(ScriptHead, HttpStatusLineIsNamed) {
    EXPECT_EQ(fault_of("HTTP/1.1 200 OK\n\n"), HeadFault::http_status_line);
    EXPECT_EQ(fault_of("HTTP/1.0 200 OK: x\n\n"), HeadFault::http_status_line);
}

TEST(ScriptHead, OutputThatEndsEarlyIsRefused) {
    EXPECT_EQ(fault_of(""), HeadFault::empty);
    EXPECT_EQ(fault_of("Content-Type: text/plain\n"), HeadFault::unfinished);
    EXPECT_EQ(fault_of("Content-Type: text/plain"), HeadFault::unfinished);
    EXPECT_EQ(fault_of("\r"), HeadFault::unfinished);
}

TEST(ScriptHead, LineOf65000BytesPasses) {
    const std::string value(65000, 'v');
    EXPECT_EQ(parse("A: " + value + "\r\n\r\n").events, "0||A=" + value);
}

TEST(ScriptHead, LongestLinePassesAndOneByteMoreIsRefused) {
    const ScriptHeadLimits limits{.max_line = 10};
    EXPECT_EQ(parse("A: 4567890\r\n\n", limits).events, "0||A=4567890");
    EXPECT_EQ(parse("A: 4567890\n\n", limits).events, "0||A=4567890");
    EXPECT_EQ(fault_of("A: 45678901\n\n", limits), HeadFault::line_too_long);
    EXPECT_EQ(fault_of("A: 45678901\r\n\n", limits), HeadFault::line_too_long);
    EXPECT_EQ(fault_of("A: 4567890123456\n\n", limits), HeadFault::line_too_long);
}

TEST(ScriptHead, LongestHeadPassesAndOneByteMoreIsRefused) {
    const ScriptHeadLimits limits{.max_head = 11};
    EXPECT_EQ(parse("A: b\nC: d\n\nbody", limits).events, "0||A=b|C=d");
    EXPECT_EQ(fault_of("A: b\nC: de\n\n", limits), HeadFault::head_too_long);
}

TEST(ScriptHead, MostFieldsPassAndOneMoreIsRefused) {
    const ScriptHeadLimits limits{.max_fields = 2};
    EXPECT_EQ(parse("A: 1\nStatus: 200\nB: 2\n\n", limits).events, "200||A=1|B=2");
    EXPECT_EQ(fault_of("A: 1\nB: 2\nC: 3\n\n", limits), HeadFault::too_many_fields);
}

TEST(ScriptHead, OffendingLineIsCut) {
    ScriptHead head;
    head.feed(std::string(5000, 'x') + "\n");
    EXPECT_EQ(head.offending_line(), std::string(200, 'x'));
}

TEST(ScriptHead, TakesNothingAfterItsEnd) {
    ScriptHead head;
    EXPECT_EQ(head.feed("A: b\n\nbody"), 6u);
    EXPECT_TRUE(head.done());
    EXPECT_EQ(head.feed("more"), 0u);
}
