#include <cppcgi/parts.h>

#include <gtest/gtest.h>

#include <string>

namespace cppcgi {
namespace {

FormInput input_of(BodySource& source) {
    FormInput input;
    input.method = "POST";
    input.content_type = "multipart/form-data; boundary=b";
    input.body = &source;
    return input;
}

const std::string nested =
    "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n"
    "Content-Type: multipart/mixed; boundary=c\r\n\r\n"
    "--c\r\nContent-Disposition: file; filename=\"../x.txt\"\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n<p>\r\n--c--\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"z\"\r\n\r\nlast\r\n--b--\r\n";

TEST(PartReader, ShowsHeadsThenData) {
    for (std::size_t slice = 1; slice <= nested.size(); ++slice) {
        MemoryBody source(nested, slice);
        PartReader parts(input_of(source));
        std::string seen;
        while (const Part* part = parts.next()) {
            seen += std::to_string(part->depth());
            seen += part->has_name() ? std::string(part->name()) : "-";
            if (part->filename()) seen += "(" + std::string(*part->filename()) + ")";
            if (part->is_multipart()) seen += "...";
            seen += "=";
            for (auto data = parts.read(); !data.empty(); data = parts.read()) {
                seen += data;
            }
            seen += ";";
        }
        ASSERT_EQ(seen, "0a=1;0n...=;1-(../x.txt)=<p>;0z=last;") << slice;
    }
}

TEST(PartReader, SkipsWhatIsNotRead) {
    MemoryBody source(nested, 3);
    PartReader parts(input_of(source));
    std::string names;
    while (const Part* part = parts.next()) names += part->name();
    EXPECT_EQ(names, "anz");
    EXPECT_EQ(parts.next(), nullptr);
}

TEST(PartReader, ShowsTheWholeHead) {
    MemoryBody source(nested);
    PartReader parts(input_of(source));
    parts.next();
    parts.next();
    const Part* part = parts.next();
    EXPECT_EQ(part->type(), "text/html");
    EXPECT_EQ(part->type_options()["charset"], "utf-8");
    EXPECT_EQ(part->disposition(), "file");
    EXPECT_EQ(part->safe_filename(), "x.txt");
    EXPECT_EQ(part->headers().size(), 2u);
}

TEST(PartReader, TellsACutPart) {
    const std::string cut = nested.substr(0, nested.find("last") + 2);
    MemoryBody source(cut);
    PartReader parts(input_of(source));
    std::string data;
    while (parts.next() != nullptr) {
        for (auto slice = parts.read(); !slice.empty(); slice = parts.read())
            data = slice;
    }
    EXPECT_EQ(data, "la");
    EXPECT_EQ(parts.done(), -1);
}

TEST(PartReader, HoldsTheBounds) {
    const auto code = [](const Limits& limits) {
        MemoryBody source(nested, 5);
        PartReader parts(input_of(source), limits);
        try {
            while (parts.next() != nullptr) {
            }
        } catch (const Error& error) {
            return error.code();
        }
        return errc::none;
    };
    const auto with = [](auto member, auto value) {
        Limits limits;
        limits.*member =
            static_cast<std::remove_cvref_t<decltype(limits.*member)>>(value);
        return limits;
    };
    EXPECT_EQ(code(with(&Limits::max_fields, 4)), errc::none);
    EXPECT_EQ(code(with(&Limits::max_fields, 3)), errc::max_fields);
    EXPECT_EQ(code(with(&Limits::max_field, 4)), errc::none);
    EXPECT_EQ(code(with(&Limits::max_field, 3)), errc::max_field);
    EXPECT_EQ(code(with(&Limits::max_file, 3)), errc::none);
    EXPECT_EQ(code(with(&Limits::max_file, 2)), errc::max_file);
    EXPECT_EQ(code(with(&Limits::max_nesting, 1)), errc::none);
    EXPECT_EQ(code(with(&Limits::max_nesting, 0)), errc::max_nesting);
    EXPECT_EQ(code(with(&Limits::max_body, nested.size())), errc::none);
    EXPECT_EQ(code(with(&Limits::max_body, nested.size() - 1)), errc::max_body);
    EXPECT_EQ(code(with(&Limits::max_part_header, 103)), errc::none);
    EXPECT_EQ(code(with(&Limits::max_part_header, 50)), errc::max_part_header);
}

TEST(PartReader, RefusesWhatIsNotMultipart) {
    MemoryBody source("a=1");
    FormInput input = input_of(source);
    input.content_type = "application/x-www-form-urlencoded";
    EXPECT_THROW(PartReader reader(input), Error);
}

TEST(PartReader, CallsBack) {
    MemoryBody source(nested);
    std::string seen;
    read_parts(
        input_of(source), {}, [&](const Part& part) { seen += part.name(); },
        [&](const Part& part, std::string_view data) {
            seen += std::string(part.name()) + ":" + std::string(data) + ";";
        });
    EXPECT_EQ(seen, "aa:1;n:<p>;zz:last;");
}

}  // namespace
}  // namespace cppcgi
