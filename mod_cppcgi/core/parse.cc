#include <cppcgi/parse.h>
#include <cppcgi/request.h>

#include <string>

#include "core/form.h"
#include "core/form_reader.h"

namespace cppcgi {
namespace {

std::shared_ptr<detail::Form> form_of(const FormInput& input, const Limits& limits,
                                      const FormOptions& options) {
    std::shared_ptr<detail::Form> form = detail::read_form(input, limits, options);
    if (form->fault) throw Error(form->fault);
    return form;
}

std::string shown(const Field& field) {
    return std::string(field.filename() ? field.value() : field.text());
}

FieldMap map_of(const detail::Form& form) {
    FieldMap map;
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        const Field& field = form.fields[i];
        if (field.has_name()) map[std::string(field.name())].push_back(shown(field));
    }
    return map;
}

// A query by itself is only bounded by what the caller says.
Limits unbounded() {
    Limits limits;
    limits.max_body = limits.max_field = limits.max_memory = limits.max_fields =
        UINT64_MAX;
    return limits;
}

std::shared_ptr<detail::Form> query_form(std::string_view query,
                                         const FormOptions& options) {
    FormInput input;
    input.query_string = query;
    input.borrow = true;
    return form_of(input, unbounded(), options);
}

FieldMap multipart_map(BodySource& body, std::string_view boundary,
                       const FormOptions& options, const Limits& limits, bool borrow) {
    std::string type = "multipart/form-data; boundary=\"";
    for (const char c : boundary) {
        if (c == '"' || c == '\\') type += '\\';
        type += c;
    }
    type += '"';
    FormInput input;
    input.method = "POST";
    input.content_type = type;
    input.body = &body;
    input.borrow = borrow;
    return parse(input, limits, options);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_qsl(std::string_view query,
                                                           const FormOptions& options) {
    const auto form = query_form(query, options);
    std::vector<std::pair<std::string, std::string>> pairs;
    pairs.reserve(form->fields.size());
    for (std::size_t i = 0; i < form->fields.size(); ++i) {
        const Field& field = form->fields[i];
        pairs.emplace_back(field.name(), field.text());
    }
    return pairs;
}

FieldMap parse_qs(std::string_view query, const FormOptions& options) {
    return map_of(*query_form(query, options));
}

FieldMap parse(const FormInput& input, const Limits& limits,
               const FormOptions& options) {
    return map_of(*form_of(input, limits, options));
}

FieldMap parse(Request& request, const FormOptions& options) {
    FieldMap map;
    for (const Field& field : request.form(options)) {
        if (field.has_name()) map[std::string(field.name())].push_back(shown(field));
    }
    return map;
}

FieldMap parse_multipart(std::string_view body, std::string_view boundary,
                         const FormOptions& options, const Limits& limits) {
    MemoryBody source(body);
    return multipart_map(source, boundary, options, limits, true);
}

FieldMap parse_multipart(std::istream& body, std::string_view boundary,
                         const FormOptions& options, const Limits& limits) {
    StreamBody source(body);
    return multipart_map(source, boundary, options, limits, false);
}

}  // namespace cppcgi
