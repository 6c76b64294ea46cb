// A form as FieldStorage holds it: records of the fields, and the memory and files their
// text is in. Made by FormReader, then only read; what accessors make when first asked
// for is mutable, so one thread at a time uses a form.
#ifndef CPPCGI_CORE_FORM_H
#define CPPCGI_CORE_FORM_H

#include <cppcgi/error.h>
#include <cppcgi/field.h>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/arena.h"
#include "core/decode.h"
#include "core/field_index.h"
#include "core/spool.h"

namespace cppcgi::detail {

struct Form;
struct FieldRecord;

// What only parts of multipart bodies have, and what is made when asked for.
struct PartDetails {
    std::string_view head;  // lines as sent, continuation lines joined
    std::string_view filename;
    bool has_filename = false;
    bool is_container = false;
    FieldRecord* list = nullptr;
    std::size_t list_size = 0;

    bool read = false;  // whether what follows has been made from the head
    std::string_view type;
    std::string_view disposition;
    bool has_disposition = false;
    NameValueView type_options;
    NameValueView disposition_options;
    NameValueView headers;

    bool has_text = false;
    std::string_view text;
    std::istream* stream = nullptr;
};

// Plain data, so that lists of fields can grow by copying.
struct FieldData {
    const char* name = nullptr;
    const char* value = nullptr;  // nullptr: in the spool, at `place`
    std::uint64_t value_size = 0;
    Spool::Place place;
    const Form* form = nullptr;
    const char* head = nullptr;  // of a part whose details nobody asked for yet
    mutable PartDetails* details = nullptr;
    std::uint32_t name_size = 0;
    std::uint32_t head_size = 0;
    mutable std::uint32_t next_of_name = 0;  // index + 1, made by the field index
    std::int8_t done = 0;
    bool has_name = false;
    bool is_part = false;
    bool is_raw = false;    // a body that is no form
    bool is_ascii = false;  // known to be text as it is
};

struct FieldRecord final : Field {
    explicit FieldRecord(const FieldData& from) : data(from) {}
    std::string_view name() const { return {data.name, data.name_size}; }
    FieldData data;
};

inline const FieldRecord& record_of(const Field& field) {
    return static_cast<const FieldRecord&>(field);
}

// Fields next to each other, which may move while the list grows.
class FieldList {
public:
    FieldList() = default;
    FieldList(const FieldList&) = delete;
    FieldList& operator=(const FieldList&) = delete;
    ~FieldList() { release(); }

    FieldRecord& add(const FieldData& data) {
        if (size_ == capacity_) grow();
        return *new (first_ + size_++) FieldRecord(data);
    }
    FieldRecord& operator[](std::size_t i) const { return first_[i]; }
    FieldRecord* data() const { return first_; }
    FieldRecord& back() const { return first_[size_ - 1]; }
    // Forgets the fields from `size` on, of which there are so many.
    void shrink(std::size_t size) { size_ = size; }
    std::size_t size() const { return size_; }
    std::size_t allocated() const {
        return first_ == inline_fields() ? 0 : capacity_ * sizeof(FieldRecord);
    }

private:
    static constexpr std::size_t inline_count = 16;
    FieldRecord* inline_fields() const {
        return reinterpret_cast<FieldRecord*>(const_cast<char*>(inline_));
    }
    void grow();
    void release();

    alignas(FieldRecord) char inline_[inline_count * sizeof(FieldRecord)];
    FieldRecord* first_ = inline_fields();
    std::size_t size_ = 0;
    std::size_t capacity_ = inline_count;
};

struct Form {
    explicit Form(std::string spool_directory) : spool(std::move(spool_directory)) {}

    // Text in UTF-8 of bytes of the form; views them when nothing is to change.
    std::string_view text_of(std::string_view bytes) const {
        return text_of(bytes, encoding);
    }
    // The same for heads, whose own grammar is ASCII's.
    std::string_view head_text_of(std::string_view bytes) const {
        return text_of(bytes, head_encoding);
    }
    std::string_view text_of(std::string_view bytes, Encoding from) const;
    std::string_view value_of(const FieldRecord& field) const;
    PartDetails& details_of(const FieldRecord& field) const;

    std::size_t memory() const { return arena.allocated() + fields.allocated(); }

    mutable Arena arena;
    FieldList fields;
    mutable Spool spool;
    mutable FieldIndex index;
    mutable std::vector<std::unique_ptr<std::istream>> streams;
    Encoding encoding = Encoding::utf8;
    Encoding head_encoding = Encoding::utf8;
    OnError on_error = OnError::replace;
    Fault fault;
};

}  // namespace cppcgi::detail

#endif
