// Multipart bodies. Invariants: every way of cutting gives the same form, with and without
// vector units, in memory, borrowed and spooled; nothing is handed out that was not sent,
// and memory stays within a factor of it; simple fields come back the same when they are
// written as a form and read again. The first bytes choose cuts and options; a boundary
// stands before the first line end, the body behind it.
#include <cppcgi/field_storage.h>
#include <cppcgi/parts.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/form_reader.h"
#include "t/form_description.h"

namespace {

using cppcgi::scan::Kernels;

void require(bool holds) {
    if (!holds) std::abort();
}

struct Case {
    std::string type;
    std::string_view body;
    cppcgi::FormOptions options;
    cppcgi::Limits limits;

    cppcgi::FormInput input(cppcgi::BodySource& source) const {
        cppcgi::FormInput in;
        in.method = "POST";
        in.content_type = type;
        in.query_string = "q=1";
        in.body = &source;
        return in;
    }
};

std::string told(const Case& one, std::vector<std::size_t> cuts,
                 const Kernels& kernels = cppcgi::scan::best()) {
    cppcgi_test::CutBody source(one.body, std::move(cuts));
    const auto form =
        cppcgi::detail::read_form(one.input(source), one.limits, one.options, kernels);
    // Heads and records, rounded up as arenas and lists grow.
    require(form->memory() <= 16 * one.body.size() + 40000);
    std::string text = form->fault ? make_error_code(form->fault.code).message() : "";
    text += '\n';
    const cppcgi::FieldRange fields(
        static_cast<const cppcgi::Field*>(form->fields.data()),
        sizeof(cppcgi::detail::FieldRecord), form->fields.size());
    cppcgi_test::describe(fields, text);
    std::uint64_t bytes = 0;
    for (const cppcgi::Field& field : fields) bytes += field.size();
    require(bytes <= one.body.size() + 1);
    return text;
}

std::string told_borrowed(const Case& one, std::size_t slice) {
    cppcgi::MemoryBody source(one.body, slice);
    cppcgi::FormInput input = one.input(source);
    input.borrow = true;
    const auto form = cppcgi::FieldStorage::read(input, one.limits, one.options);
    std::string text = form.fault() ? make_error_code(form.fault().code).message() : "";
    text += '\n';
    cppcgi_test::describe(form.fields(), text);
    return text;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

void check_round_trip(const Case& one) {
    cppcgi::MemoryBody source(one.body);
    const auto form = cppcgi::FieldStorage::read(one.input(source), one.limits);
    if (form.fault()) return;
    const std::string boundary = "9051914041544843365972754266";
    if (one.body.find(boundary) != std::string_view::npos) return;
    std::string body;
    std::vector<const cppcgi::Field*> written;
    for (const cppcgi::Field& field : form) {
        if (!field.has_name() || field.has_list() || !field.has_type()) continue;
        written.push_back(&field);
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" +
                escaped(field.name()) + "\"";
        if (field.filename())
            body += "; filename=\"" + escaped(*field.filename()) + "\"";
        body += "\r\n\r\n" + std::string(field.value()) + "\r\n";
    }
    body += "--" + boundary + "--";
    cppcgi::MemoryBody again_source(body);
    cppcgi::FormInput input;
    input.method = "POST";
    const std::string type = "multipart/form-data; boundary=" + boundary;
    input.content_type = type;
    input.body = &again_source;
    cppcgi::Limits limits;
    limits.max_part_header = 1u << 20;
    limits.max_fields = 1u << 20;
    const auto again = cppcgi::FieldStorage::read(input, limits);
    require(!again.fault() && again.size() == written.size());
    auto at = again.begin();
    for (const cppcgi::Field* field : written) {
        require(at->name() == field->name() && at->value() == field->value());
        require(at->filename() == field->filename());
        ++at;
    }
}

// The streaming reader sees what FieldStorage keeps.
void check_parts(const Case& one, std::size_t step) {
    cppcgi_test::CutBody source(one.body, {step, 2 * step, 3 * step});
    std::string values;
    bool failed = false;
    try {
        cppcgi::PartReader parts(one.input(source), one.limits);
        while (parts.next() != nullptr) {
            for (auto slice = parts.read(); !slice.empty(); slice = parts.read()) {
                values += slice;
            }
        }
    } catch (const cppcgi::Error&) {
        failed = true;
    }
    cppcgi::MemoryBody whole(one.body);
    cppcgi::FormInput input = one.input(whole);
    input.query_string = {};
    const auto form = cppcgi::FieldStorage::read(input, one.limits);
    require(failed == static_cast<bool>(form.fault()));
    if (failed) return;
    std::string kept;
    const auto collect = [&kept](const auto& self, cppcgi::FieldRange fields) -> void {
        for (const cppcgi::Field& field : fields) {
            kept += field.value();
            self(self, field.list());
        }
    };
    collect(collect, form.fields());
    require(kept == values);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 3, size - 3);
    const std::size_t line = std::min(input.find('\n'), input.size());
    Case one;
    one.type = "multipart/form-data; boundary=" + std::string(input.substr(0, line));
    one.body = input.substr(std::min(line + 1, input.size()));
    if ((data[2] & 1) != 0) one.options.errors = "strict";
    if ((data[2] & 2) != 0) one.options.encoding = "latin-1";
    one.limits.max_fields = 40;
    one.limits.max_part_header = 300;
    one.limits.max_field = 2000;

    const std::string whole = told(one, {});
    require(told(one, {}, cppcgi::scan::plain) == whole);
    const std::size_t step = data[0] % 31u + 1u;
    std::vector<std::size_t> cuts;
    for (std::size_t at = step; at < one.body.size(); at += step) cuts.push_back(at);
    require(told(one, cuts) == whole);
    require(told(one, {data[1] * one.body.size() / 256}) == whole);
    if (one.body.size() < 600) {
        cuts.clear();
        for (std::size_t at = 1; at < one.body.size(); ++at) cuts.push_back(at);
        require(told(one, cuts, cppcgi::scan::plain) == whole);
    }
    require(told_borrowed(one, SIZE_MAX) == whole);
    require(told_borrowed(one, step) == whole);
    if ((data[2] & 3) == 0) {
        check_round_trip(one);
        check_parts(one, step);
    }
    if ((data[2] & 0x1c) == 0) {
        Case spooled = one;
        spooled.limits.max_memory = 1000;
        const std::string text = told(spooled, cuts);
        require(text == whole || text.starts_with("the names and heads"));
    }
    return 0;
}
