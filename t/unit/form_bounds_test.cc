// Every bound of Limits just under and just over, and the inputs that broke other form
// parsers (their advisories are named beside them).
#include <cppcgi/limits.h>

#include <cppcgi/field_storage.h>
#include <dirent.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/field_index.h"
#include "core/form.h"
#include "core/form_reader.h"
#include "t/guard_page.h"

namespace cppcgi {
namespace {

std::size_t heap_in_use() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

int open_descriptors() {
    int count = 0;
    DIR* directory = opendir("/proc/self/fd");
    while (readdir(directory) != nullptr) ++count;
    closedir(directory);
    return count;
}

// Hands out a text over and over, and notes what its reader takes meanwhile.
class Repeated : public BodySource {
public:
    Repeated(std::string before, std::string text, std::uint64_t size)
        : before_(std::move(before)), left_(size), start_(heap_in_use()) {
        while (block_.size() < 30000) block_ += text;
    }
    Result<std::string_view> next() override {
        peak_ = std::max(peak_, heap_in_use() - std::min(start_, heap_in_use()));
        files_ = std::max(files_, open_descriptors());
        if (!before_.empty()) {
            shown_ = std::exchange(before_, {});
            return std::string_view(shown_);
        }
        const auto size = std::min<std::uint64_t>(left_, block_.size());
        left_ -= size;
        given_ += size;
        return std::string_view(block_).substr(0, size);
    }
    std::size_t peak() const { return peak_; }
    int files() const { return files_; }
    std::uint64_t given() const { return given_; }

private:
    std::string before_;
    std::string shown_;
    std::string block_;
    std::uint64_t left_;
    std::uint64_t given_ = 0;
    std::size_t start_;
    std::size_t peak_ = 0;
    int files_ = 0;
};

constexpr const char* urlencoded = "application/x-www-form-urlencoded";
constexpr const char* multipart = "multipart/form-data; boundary=b";

FieldStorage read(BodySource& source, const char* type, const Limits& limits = {},
                  const FormOptions& options = {}) {
    FormInput input;
    input.method = "POST";
    input.content_type = type;
    input.body = &source;
    return FieldStorage::read(input, limits, options);
}

errc fault_of(std::string_view body, const char* type, const Limits& limits = {},
              const FormOptions& options = {}) {
    const cppcgi_test::GuardPage page(body);
    errc announced = errc::none;
    {
        MemoryBody source(page.view());
        FormInput input;
        input.method = "POST";
        input.content_type = type;
        input.body = &source;
        input.content_length = body.size();
        announced = FieldStorage::read(input, limits, options).fault().code;
    }
    for (const std::size_t slice : {std::size_t{1}, std::size_t{10}, body.size() + 1}) {
        MemoryBody source(page.view(), slice);
        const errc chunked = read(source, type, limits, options).fault().code;
        EXPECT_EQ(chunked, announced) << "in slices of " << slice;
    }
    return announced;
}

std::string part(const std::string& name, const std::string& value,
                 const std::string& more = "") {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more +
           "\r\n\r\n" + value + "\r\n";
}

// The beginning of a part whose data follows.
std::string open_part(const std::string& name) {
    const std::string whole = part(name, "");
    return whole.substr(0, whole.size() - 2);
}

template <class Member>
Limits with(Member Limits::*member, std::uint64_t value) {
    Limits limits;
    limits.*member = static_cast<Member>(value);
    return limits;
}

TEST(FormBounds, Body) {
    const std::string body = part("a", "1") + "--b--\r\n";
    EXPECT_EQ(fault_of(body, multipart, with(&Limits::max_body, body.size())),
              errc::none);
    EXPECT_EQ(fault_of(body, multipart, with(&Limits::max_body, body.size() - 1)),
              errc::max_body);
    EXPECT_EQ(fault_of("a=1234", urlencoded, with(&Limits::max_body, 6)), errc::none);
    EXPECT_EQ(fault_of("a=1234", urlencoded, with(&Limits::max_body, 5)),
              errc::max_body);
    EXPECT_EQ(fault_of("1234", "text/xml", with(&Limits::max_body, 4)), errc::none);
    EXPECT_EQ(fault_of("1234", "text/xml", with(&Limits::max_body, 3)), errc::max_body);
    // CVE-2022-29404: nothing means no limit.
    EXPECT_EQ(fault_of("a=1", urlencoded, with(&Limits::max_body, 0)), errc::max_body);
    EXPECT_EQ(fault_of("a=1", urlencoded, {}, {.maxlen = 3}), errc::none);
    EXPECT_EQ(fault_of("a=1", urlencoded, {}, {.maxlen = 2}), errc::maxlen);
}

TEST(FormBounds, Field) {
    const Limits limits = with(&Limits::max_field, 4);
    EXPECT_EQ(fault_of(part("a", "1234") + "--b--", multipart, limits), errc::none);
    EXPECT_EQ(fault_of(part("a", "12345") + "--b--", multipart, limits),
              errc::max_field);
    EXPECT_EQ(fault_of("a=1234&b=%31%32%33%34", urlencoded, limits), errc::none);
    EXPECT_EQ(fault_of("a=1&b=%31%32%33%34%35", urlencoded, limits), errc::max_field);
    EXPECT_EQ(fault_of("abcd=1", urlencoded, limits), errc::none);
    EXPECT_EQ(fault_of("abcde=1", urlencoded, limits), errc::max_field);
    EXPECT_EQ(fault_of("abcde", urlencoded, limits, {.keep_blank_values = true}),
              errc::max_field);
}

TEST(FormBounds, File) {
    const Limits limits = with(&Limits::max_file, 4);
    const std::string more = "; filename=\"x\"";
    EXPECT_EQ(fault_of(part("a", "1234", more) + "--b--", multipart, limits),
              errc::none);
    EXPECT_EQ(fault_of(part("a", "12345", more) + "--b--", multipart, limits),
              errc::max_file);
    EXPECT_EQ(fault_of("1234", "text/xml", limits), errc::none);
    EXPECT_EQ(fault_of("12345", "text/xml", limits), errc::max_file);
}

TEST(FormBounds, Fields) {
    const Limits limits = with(&Limits::max_fields, 2);
    EXPECT_EQ(fault_of("a=1&b=2", urlencoded, limits), errc::none);
    EXPECT_EQ(fault_of("a=1&b=2&", urlencoded, limits), errc::max_fields);
    EXPECT_EQ(fault_of(part("a", "") + part("b", "") + "--b--", multipart, limits),
              errc::none);
    EXPECT_EQ(fault_of(part("a", "") + part("b", "") + part("c", "") + "--b--",
                       multipart, limits),
              errc::max_fields);
    EXPECT_EQ(fault_of("a=1&b=2", urlencoded, {}, {.max_num_fields = 2}), errc::none);
    EXPECT_EQ(fault_of("a=1&b=2", urlencoded, {}, {.max_num_fields = 1}),
              errc::max_num_fields);
}

TEST(FormBounds, PartHeader) {
    const std::string head = "Content-Disposition: form-data; name=\"a\"\r\n";
    const std::string body = "--b\r\n" + head + "\r\n1\r\n--b--";
    EXPECT_EQ(fault_of(body, multipart, with(&Limits::max_part_header, head.size())),
              errc::none);
    EXPECT_EQ(
        fault_of(body, multipart, with(&Limits::max_part_header, head.size() - 1)),
        errc::max_part_header);
    EXPECT_EQ(
        fault_of("--b\r\n\r\n--b--", multipart, with(&Limits::max_part_header, 0)),
        errc::none);
}

TEST(FormBounds, Nesting) {
    const std::string inner =
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n";
    const std::string body = inner + "--c\r\n\r\nx\r\n--c--\r\n--b--";
    EXPECT_EQ(fault_of(body, multipart, with(&Limits::max_nesting, 1)), errc::none);
    EXPECT_EQ(fault_of(body, multipart, with(&Limits::max_nesting, 0)),
              errc::max_nesting);
}

// Values are spooled at the bound; only what cannot be is refused.
TEST(FormBounds, Memory) {
    std::string body;
    for (int i = 0; i < 500; ++i) body += part("a" + std::to_string(i), "1");
    body += "--b--";
    EXPECT_EQ(fault_of(body, multipart, with(&Limits::max_memory, 40000)), errc::none);
    EXPECT_EQ(fault_of(body, multipart, with(&Limits::max_memory, 10000)),
              errc::max_memory);
}

// Records of fields cannot be spooled either; 64 bytes are not much beside a long text.
TEST(FormBounds, MemoryOfRecords) {
    const auto fields = [](int count, const std::string& field) {
        std::string body;
        for (int i = 0; i < count; ++i) body += field;
        return body;
    };
    const Limits limits = with(&Limits::max_memory, 1600);
    EXPECT_EQ(fault_of(fields(100, "a=1&"), urlencoded, limits), errc::none);
    EXPECT_EQ(fault_of(fields(101, "a=1&"), urlencoded, limits), errc::max_memory);
    EXPECT_EQ(
        fault_of(fields(101, "a=" + std::string(20, 'x') + '&'), urlencoded, limits),
        errc::none);
}

TEST(FormBounds, AreNamedInTheError) {
    MemoryBody source("a=1&b=2");
    FormInput input;
    input.method = "POST";
    input.body = &source;
    try {
        FieldStorage form(input, with(&Limits::max_fields, 1));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.status(), 413);
        EXPECT_EQ(error.limit(), "CppCGIMaxFields");
        EXPECT_EQ(error.limit_value(), 1u);
        EXPECT_NE(std::string(error.what()).find("CppCGIMaxFields is 1"),
                  std::string::npos);
    }
}

// A body is not read past what the bounds allow.
TEST(FormBounds, EndlessBodyIsLeftUnread) {
    Limits limits;
    limits.max_body = limits.max_field = limits.max_file = 1u << 20;
    for (const char* type : {urlencoded, multipart, "text/xml"}) {
        Repeated source(open_part("a"), "a", UINT64_MAX);
        EXPECT_EQ(http_status(read(source, type, limits).fault().code), 413) << type;
        EXPECT_LE(source.given(), limits.max_body + 60000) << type;
    }
}

TEST(FormBounds, AnnouncedBodyBeyondIsNotReadAtAll) {
    Repeated source("", "a", 1000);
    FormInput input;
    input.method = "POST";
    input.body = &source;
    input.content_length = UINT64_MAX;
    EXPECT_EQ(FieldStorage::read(input).fault().code, errc::max_body);
    EXPECT_EQ(source.given(), 0u);
}

// ---------------------------------------------------------------- inputs of advisories

// bpo-34866: 9 MB of a&a&a...
TEST(FormAttacks, ManyEmptyFields) {
    Repeated source("", "a&", 9u << 20);
    EXPECT_EQ(read(source, urlencoded).fault().code, errc::max_fields);
    EXPECT_LE(source.peak(), 1u << 20);

    Repeated all("", "a&", 9u << 20);
    Limits unbounded;
    unbounded.max_fields = UINT64_MAX;
    EXPECT_TRUE(read(all, urlencoded, unbounded).empty());
    EXPECT_LE(all.peak(), 2u << 20);
}

// oCERT-2011-003: names that collide in a table without a key.
TEST(FormAttacks, CollidingNames) {
    std::string body;
    for (unsigned i = 0; i < 100000; ++i) {
        // 17 times "Aa" or "BB", which hash alike in Java's and PHP 4's tables.
        for (unsigned bit = 0; bit < 17; ++bit) body += i >> bit & 1 ? "Aa" : "BB";
        body += "=1&";
    }
    Limits limits;
    limits.max_fields = 200000;
    MemoryBody source(body);
    const FieldStorage form = read(source, urlencoded, limits);
    EXPECT_EQ(form.keys().size(), 100000u);
}

TEST(FormAttacks, OneNameManyTimes) {
    std::string body;
    for (unsigned i = 0; i < 100000; ++i) body += "a=1&";
    Limits limits;
    limits.max_fields = 200000;
    limits.max_memory = 2u << 20;
    MemoryBody source(body);
    const FieldStorage form = read(source, urlencoded, limits);
    EXPECT_EQ(form.keys().size(), 1u);
    EXPECT_EQ(form.getlist("a").size(), 100000u);
}

// CVE-2023-25577, CVE-2022-41725, CVE-2023-0662: tiny parts, and parts that each stay
// below the memory bound.
TEST(FormAttacks, ManyParts) {
    Repeated tiny("--b", "\r\n\r\n\r\n--b", 1u << 20);
    EXPECT_EQ(read(tiny, multipart).fault().code, errc::max_fields);
    Repeated empty("--b\r\n", "--b\r\n", 8u << 20);
    EXPECT_EQ(read(empty, multipart).fault().code, errc::max_fields);
    EXPECT_LE(empty.peak(), 1u << 20);

    const int before = open_descriptors();
    Repeated files("", part("a", std::string(9000, 'x'), "; filename=\"x\""), 8u << 20);
    const FieldStorage form = read(files, multipart);
    EXPECT_GE(form.size(), 900u);
    EXPECT_LE(files.files() - before, 8);
    EXPECT_LE(files.peak(), 2u << 20);
    EXPECT_EQ(form.fault().code, errc::none);
    EXPECT_EQ(std::count_if(
                  form.begin(), form.end(),
                  [](const Field& f) { return f.value() == std::string(9000, 'x'); }),
              static_cast<std::ptrdiff_t>(form.size()) - 1);
}

TEST(FormAttacks, TenThousandParts) {
    std::string body;
    for (int i = 0; i < 10000; ++i) body += part("n", "v");
    EXPECT_EQ(fault_of(body + "--b--", multipart), errc::max_fields);
}

// CVE-2025-48976, CVE-2023-45290, CVE-2025-61772: heads without an end.
TEST(FormAttacks, EndlessHeads) {
    for (const char* text : {"X: y\r\n", "x", "\\", " y\r\n", "\r", "\n ", "\r\n\t"}) {
        Repeated source("--b\r\nA: b", text, 8u << 20);
        const FieldStorage form = read(source, multipart);
        EXPECT_TRUE(form.fault()) << text;
        EXPECT_LE(source.given(), 100000u) << text;
        EXPECT_LE(source.peak(), 1u << 20) << text;
    }
}

// CVE-2026-34827: a quoted parameter full of backslashes.
TEST(FormAttacks, Backslashes) {
    const std::string slashes(64u << 10, '\\');
    Limits limits;
    limits.max_part_header = 1u << 20;
    for (const char* end : {"\"", "", "\";\""}) {
        const std::string body = "--b\r\nContent-Disposition: form-data; name=\"" +
                                 slashes + end + "\r\n\r\nv\r\n--b--";
        EXPECT_EQ(fault_of(body, multipart, limits), errc::none);
        EXPECT_EQ(fault_of(body, multipart), errc::max_part_header);
    }
    // CVE-2024-24762, in the type of the request itself.
    const std::string type =
        "multipart/form-data; !=\"" + slashes + "\"; boundary=b" + slashes;
    EXPECT_NE(fault_of("x", type.c_str()), errc::none);
}

TEST(FormAttacks, ManyParametersInAHead) {
    std::string more;
    while (more.size() < 16000) more += ";a=";
    MemoryBody source(part("n", "v", more) + "--b--");
    const std::string body = part("n", "v", more) + "--b--";
    MemoryBody again(body);
    const FieldStorage form = read(again, multipart);
    EXPECT_EQ(form["n"].disposition_options().size(), 2u);
}

// CVE-2025-61770, CVE-2024-53981: what stands before and behind the parts.
TEST(FormAttacks, EndlessPreambleAndEpilogue) {
    for (const char* text : {"\r\n", "x", "\r", "\n", "--", "\r\n--", "\r\n--b\r"}) {
        Repeated before("", text, 8u << 20);
        EXPECT_EQ(read(before, multipart).fault().code, errc::no_delimiter) << text;
        EXPECT_LE(before.peak(), 1u << 20) << text;
        Repeated behind(part("a", "1") + "--b--", text, 8u << 20);
        EXPECT_EQ(read(behind, multipart).size(), 1u) << text;
        EXPECT_LE(behind.peak(), 1u << 20) << text;
    }
}

// CVE-2023-46136: a large part without a boundary, of everything that nearly is one.
TEST(FormAttacks, LargePartsOfNearMisses) {
    Limits limits;
    limits.max_field = 64u << 20;
    for (const char* text : {"\r\n", "\r", "\n", "-", "\r\n--", "\r\n--c", "\n-",
                             "\r\n--b x", "\r\n--b\r", "\r\n--b-", "\n--b\tx"}) {
        Repeated source(open_part("a"), text, 8u << 20);
        const FieldStorage form = read(source, multipart, limits);
        ASSERT_EQ(form.size(), 1u) << text;
        EXPECT_EQ(form["a"].done(), -1) << text;
        EXPECT_GT(form["a"].size(), 8000000u) << text;
        EXPECT_LE(source.peak(), 2u << 20) << text;
    }
}

// CVE-2024-49767: a large text field.
TEST(FormAttacks, LargeFieldIsSpooled) {
    Limits limits;
    limits.max_field = 64u << 20;
    for (const char* type : {urlencoded, multipart}) {
        const std::string head = type == multipart ? open_part("a") : "a=";
        Repeated source(head, "x", 32u << 20);
        const FieldStorage form = read(source, type, limits);
        ASSERT_EQ(form.size(), 1u);
        EXPECT_EQ(form["a"].size(), 32u << 20);
        EXPECT_LE(source.peak(), 2u << 20);
        EXPECT_EQ(form["a"].value().substr(0, 5), "xxxxx");
    }
}

TEST(FormAttacks, LargeUrlencodedFormIsSpooledAndRead) {
    std::string body;
    for (int i = 0; i < 900; ++i) {
        body += "n%20" + std::to_string(i) + "=" + std::string(1000, '+') + "%zz&";
    }
    MemoryBody source(body, 777);
    const FieldStorage form = read(source, urlencoded);
    ASSERT_EQ(form.size(), 900u);
    for (int i = 0; i < 900; ++i) {
        ASSERT_EQ(form["n " + std::to_string(i)].value(),
                  std::string(1000, ' ') + "%zz");
    }
}

// commons-fileupload, busboy and python-multipart: boundaries as long as a buffer.
TEST(FormAttacks, LongBoundaries) {
    for (const std::size_t size : {201u, 252u, 256u, 4096u, 65536u}) {
        const std::string type =
            "multipart/form-data; boundary=" + std::string(size, 'x');
        EXPECT_EQ(fault_of("x", type.c_str()), errc::boundary_too_long);
    }
}

// CVE-2021-44790: a part so short that lengths become negative.
TEST(FormAttacks, ShortBodies) {
    const std::string body =
        "\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--b--\r\n";
    for (std::size_t begin = 0; begin < body.size(); ++begin) {
        for (std::size_t end = begin; end <= body.size(); ++end) {
            fault_of(std::string_view(body).substr(begin, end - begin), multipart);
        }
    }
}

}  // namespace
}  // namespace cppcgi
