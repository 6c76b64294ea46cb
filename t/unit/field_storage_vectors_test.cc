// FieldStorage on all vectors of forms, whole and cut into pieces in every way.
#include <cppcgi/field_storage.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>
#include <string>
#include <vector>

#include "core/form_reader.h"
#include "t/form_vectors.h"
#include "t/guard_page.h"

namespace cppcgi {
namespace {

using cppcgi_test::CutBody;
using cppcgi_test::describe;
using cppcgi_test::FormVector;
using cppcgi_test::GuardPage;
using cppcgi_test::Json;

std::vector<FormVector> all_vectors() {
    std::vector<FormVector> list;
    for (const char* family : {"multipart", "urlencoded"}) {
        for (const Json& vector : cppcgi_test::vectors(family))
            list.emplace_back(vector);
    }
    return list;
}

std::string folded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!space) {
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    return out.substr(0, out.find_last_not_of(' ') + 1);
}

// What differs, as cmp_fields of check_forms.py has it.
std::string differences(const Json& wanted, const FieldRange& fields) {
    if (wanted.size() != fields.size()) {
        return "wants " + std::to_string(wanted.size()) + " fields, got " +
               std::to_string(fields.size());
    }
    std::string out;
    auto field = fields.begin();
    for (const Json& want : wanted) {
        const Field& got = *field++;
        const auto check = [&](const char* what, bool right) {
            if (!right)
                out += std::string(what) + " of " + std::string(got.name()) + "; ";
        };
        if (want.contains("name")) {
            check("name", want["name"].is_null()
                              ? !got.has_name()
                              : got.has_name() && want["name"] == got.name());
        }
        if (want.contains("filename")) {
            check("filename",
                  want["filename"].is_null()
                      ? !got.filename()
                      : got.filename() && want["filename"] == *got.filename());
        }
        if (want.contains("content_type") && want["content_type"].is_string()) {
            check("type", folded(want["content_type"].get<std::string>()) ==
                              folded(got.type()));
        }
        if (want.contains("type_options")) {
            for (const auto& [name, value] : want["type_options"].items()) {
                check("type_options", got.type_options()[name] == value);
            }
        }
        if (want.contains("disposition") && want["disposition"].is_string()) {
            check("disposition", folded(want["disposition"].get<std::string>()) ==
                                     folded(got.disposition()));
        }
        if (want.contains("headers")) {
            for (const auto& [name, value] : want["headers"].items()) {
                check("headers", got.headers().contains(name) &&
                                     folded(got.headers()[name]) ==
                                         folded(value.get<std::string>()));
            }
        }
        if (want.contains("done")) check("done", want["done"] == got.done());
        if (want.contains("list")) {
            check("has_list", got.has_list());
            out += differences(want["list"], got.list());
            continue;
        }
        check("no list", !got.has_list());
        if (want.contains("value_base64")) {
            check("value", cppcgi_test::from_base64(
                               want["value_base64"].get<std::string>()) == got.value());
        } else if (want.contains("value") && want["value"].is_string()) {
            check("text", want["value"] == got.text());
        }
        if (want.contains("size")) check("size", want["size"] == got.size());
    }
    return out;
}

std::string verdict(const Json& wanted, const FieldStorage& form) {
    const Fault fault = form.fault();
    if (wanted.is_object() && wanted.contains("error")) {
        if (!fault) return "wants an error";
        const Json& kinds = wanted.at("error");
        const std::string got(kind(fault.code));
        const bool right =
            kinds.is_array() ? std::find(kinds.begin(), kinds.end(), got) != kinds.end()
                             : kinds == got;
        return right ? "" : "wants " + kinds.dump() + ", got " + got;
    }
    if (fault) return std::string("unexpected error ") + Error(fault).what();
    return differences(wanted, form.fields());
}

FieldStorage read(const FormVector& vector, std::string_view body,
                  std::vector<std::size_t> cuts) {
    CutBody source(body, std::move(cuts));
    return FieldStorage::read(vector.input(source), {}, vector.form_options());
}

TEST(FieldStorageVectors, AreReadAsExpected) {
    for (const FormVector& vector : all_vectors()) {
        const GuardPage page(vector.body);
        MemoryBody source(page.view());
        const FieldStorage form =
            FieldStorage::read(vector.input(source), {}, vector.form_options());
        EXPECT_EQ(verdict(vector.json.at("expected"), form), "")
            << vector.id << "\nexpected "
            << vector.json.at("expected")
                   .dump(-1, ' ', true, Json::error_handler_t::replace)
            << "\ngot " << describe(form);
    }
}

TEST(FieldStorageVectors, AreTheSameWithTheirLengthAnnounced) {
    for (const FormVector& vector : all_vectors()) {
        MemoryBody source(vector.body, 4096);
        FormInput input = vector.input(source);
        input.content_length = vector.body.size();
        const FieldStorage form = FieldStorage::read(input, {}, vector.form_options());
        EXPECT_EQ(verdict(vector.json.at("expected"), form), "") << vector.id;
    }
}

TEST(FieldStorageVectors, AreTheSameBorrowed) {
    for (const FormVector& vector : all_vectors()) {
        const std::string whole = describe(read(vector, vector.body, {}));
        for (const std::size_t slice : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
            if (slice < 7 && vector.body.size() > 100000) continue;
            const GuardPage page(vector.body);
            MemoryBody source(page.view(), slice);
            FormInput input = vector.input(source);
            input.borrow = true;
            const FieldStorage form =
                FieldStorage::read(input, {}, vector.form_options());
            ASSERT_EQ(describe(form), whole) << vector.id << " in slices of " << slice;
        }
    }
}

TEST(FieldStorageVectors, AreTheSameSpooled) {
    for (const FormVector& vector : all_vectors()) {
        const std::string whole = describe(read(vector, vector.body, {}));
        Limits limits;
        limits.max_memory = 2000;
        MemoryBody source(vector.body, 100);
        const FieldStorage form =
            FieldStorage::read(vector.input(source), limits, vector.form_options());
        if (form.fault().code == errc::max_memory) continue;
        ASSERT_EQ(describe(form), whole) << vector.id;
    }
}

TEST(FieldStorageVectors, AreTheSameCutAtEveryOffset) {
    for (const FormVector& vector : all_vectors()) {
        if (vector.body.size() > 4096) continue;
        const std::string whole = describe(read(vector, vector.body, {}));
        for (std::size_t cut = 1; cut < vector.body.size(); ++cut) {
            ASSERT_EQ(describe(read(vector, vector.body, {cut})), whole)
                << vector.id << " cut at " << cut;
        }
    }
}

TEST(FieldStorageVectors, AreTheSameByteByByte) {
    for (const FormVector& vector : all_vectors()) {
        if (vector.body.size() > 100000) continue;
        const std::string whole = describe(read(vector, vector.body, {}));
        std::vector<std::size_t> cuts(vector.body.size());
        for (std::size_t i = 0; i < cuts.size(); ++i) cuts[i] = i + 1;
        ASSERT_EQ(describe(read(vector, vector.body, cuts)), whole) << vector.id;
    }
}

TEST(FieldStorageVectors, AreTheSameCutAtRandom) {
    std::mt19937 random(20240607);
    for (const FormVector& vector : all_vectors()) {
        if (vector.body.empty()) continue;
        const std::string whole = describe(read(vector, vector.body, {}));
        const int rounds = vector.body.size() > 10000 ? 5 : 50;
        for (int round = 0; round < rounds; ++round) {
            std::vector<std::size_t> cuts(random() % 8 + 1);
            for (std::size_t& cut : cuts) cut = random() % vector.body.size();
            std::sort(cuts.begin(), cuts.end());
            ASSERT_EQ(describe(read(vector, vector.body, cuts)), whole)
                << vector.id << " cut at " << testing::PrintToString(cuts);
        }
    }
}

TEST(FieldStorageVectors, AreTheSameWithoutVectorUnits) {
    for (const FormVector& vector : all_vectors()) {
        const std::string best = describe(read(vector, vector.body, {}));
        MemoryBody source(vector.body);
        const auto form = detail::read_form(vector.input(source), {},
                                            vector.form_options(), scan::plain);
        std::string plain;
        if (form->fault) {
            plain = "fault " + make_error_code(form->fault.code).message() + '\n';
        }
        describe(FieldRange(static_cast<const Field*>(form->fields.data()),
                            sizeof(detail::FieldRecord), form->fields.size()),
                 plain);
        ASSERT_EQ(plain, best) << vector.id;
    }
}

}  // namespace
}  // namespace cppcgi
