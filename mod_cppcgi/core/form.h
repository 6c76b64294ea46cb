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

enum class FieldKind : std::uint8_t { urlencoded, part, raw };  // raw: no form at all

// Plain data of one cache line, so that lists of fields can grow by copying.
struct FieldData {
    static constexpr std::uint8_t in_memory = 0xff;

    const Form* form = nullptr;
    const char* name = nullptr;  // nullptr: it has none
    union {
        const char* value = nullptr;
        std::uint64_t offset;  // in the spool, or while the text may still move
    };
    std::uint64_t value_size = 0;
    const char* head = nullptr;  // of a part
    mutable PartDetails* details = nullptr;
    std::uint32_t name_size = 0;
    std::uint32_t head_size = 0;
    mutable std::uint32_t next_of_name = 0;  // index + 1, made by the field index
    std::uint8_t spool_file = in_memory;
    std::int8_t done = 0;
    FieldKind kind = FieldKind::urlencoded;
    bool is_ascii = false;  // known to be text as it is

    bool has_name() const { return name != nullptr; }
    bool is_spooled() const { return spool_file != in_memory; }
};
static_assert(sizeof(FieldData) == 64);

struct FieldRecord final : Field {
    FieldRecord() = default;
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

    // A new field to be filled in where it is: a copy of what was just written in small
    // pieces would wait for them.
    FieldData& add() {
        if (size_ == capacity_) [[unlikely]]
            grow();
        return (new (first_ + size_++) FieldRecord)->data;
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
    // So many that a form of a few fields is one small piece of the heap.
    static constexpr std::size_t inline_count = 12;
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
    // Names, heads and records stay in memory whatever their number. They may take this
    // many times max_memory, so that 1000 fields of a usual form pass where values are
    // spooled already.
    static constexpr std::uint64_t heads_factor = 4;

    // Not the default: that would clear the memory kept for small forms.
    Form() {}  // NOLINT(modernize-use-equals-default)

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
