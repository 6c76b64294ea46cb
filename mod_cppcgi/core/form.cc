#include "core/form.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <new>

#include "core/parameters.h"
#include "core/part_head.h"

namespace cppcgi::detail {
namespace {

// Names and values of parameters, decoded; of one name the last, as in Python.
NameValueView options_of(const Form& form, ParameterReader reader) {
    std::vector<NameValue> found;
    std::map<std::string, std::size_t, std::less<>> places;
    std::string text;
    for (Parameter parameter; reader.next(parameter);) {
        if (!parameter.has_value) continue;
        std::string_view value = parameter.value;
        if (parameter.escaped) {
            text.clear();
            unescape(value, text);
            value = form.arena.copy(text);
        }
        text.assign(parameter.name);
        for (char& c : text) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
        }
        const auto [place, is_new] = places.try_emplace(text, found.size());
        if (is_new) found.push_back({form.head_text_of(form.arena.copy(text)), {}});
        found[place->second].value = form.head_text_of(value);
    }
    NameValue* first = form.arena.array<NameValue>(found.size());
    std::uninitialized_copy(found.begin(), found.end(), first);
    return {first, found.size()};
}

void read_details(const Form& form, PartDetails& details) {
    std::vector<NameValue> headers;
    bool has_type = false;
    details.type = "text/plain";
    HeadLine line;
    for (std::string_view rest = details.head; next_head_line(rest, line);) {
        headers.push_back(
            {form.head_text_of(line.name), form.head_text_of(line.value)});
        if (equals_nocase(line.name, "content-type") && !has_type) {
            has_type = true;
            const ParameterReader reader(line.value);
            details.type = form.head_text_of(reader.main());
            details.type_options = options_of(form, reader);
        } else if (equals_nocase(line.name, "content-disposition")) {
            details.has_disposition = true;
            const ParameterReader reader(line.value);
            details.disposition = form.head_text_of(reader.main());
            details.disposition_options = options_of(form, reader);
        }
    }
    NameValue* first = form.arena.array<NameValue>(headers.size());
    std::uninitialized_copy(headers.begin(), headers.end(), first);
    details.headers = {first, headers.size()};
    details.read = true;
}

}  // namespace

// By realloc, which moves the pages of a long list: it never is in memory twice.
void FieldList::grow() {
    const std::size_t capacity = capacity_ * 2;
    const bool is_inline = first_ == inline_fields();
    void* memory = is_inline ? nullptr : static_cast<void*>(first_);
    memory = std::realloc(memory, capacity * sizeof(FieldRecord));
    if (memory == nullptr) throw std::bad_alloc();
    auto* first = static_cast<FieldRecord*>(memory);
    if (is_inline) {
        for (std::size_t i = 0; i < size_; ++i)
            new (first + i) FieldRecord(first_[i].data);
    }
    first_ = first;
    capacity_ = capacity;
}

void FieldList::release() {
    if (first_ != inline_fields()) std::free(first_);
}

std::string_view Form::text_of(std::string_view bytes, Encoding from) const {
    if (is_text_already(bytes, from)) return bytes;
    std::string text;
    // Strict forms have been checked when they were read; what else is wrong (in heads
    // that nobody asked for) does not fail a request.
    decode(bytes, from, on_error == OnError::ignore ? on_error : OnError::replace,
           text);
    return arena.copy(text);
}

std::string_view Form::value_of(const FieldRecord& field) const {
    const FieldData& data = field.data;
    if (!data.is_spooled()) return {data.value, data.value_size};
    return {spool.map(data.spool_file).value() + data.offset, data.value_size};
}

PartDetails& Form::details_of(const FieldRecord& field) const {
    const FieldData& data = field.data;
    if (data.details == nullptr) {
        data.details = new (arena.array<PartDetails>(1)) PartDetails;
        data.details->head = {data.head, data.head_size};
    }
    PartDetails& details = *data.details;
    if (!details.read && data.kind != FieldKind::urlencoded)
        read_details(*this, details);
    return details;
}

}  // namespace cppcgi::detail
