// Turns the events of a multipart body into fields of a form: copies heads and small
// values, spools large ones, and keeps within the bounds. Lives while a form is read.
#ifndef CPPCGI_CORE_PART_STORE_H
#define CPPCGI_CORE_PART_STORE_H

#include <cppcgi/error.h>
#include <cppcgi/limits.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/form.h"
#include "core/part_head.h"

namespace cppcgi::detail {

class PartStore {
public:
    // `borrow`: slices stay where they are and need no copy.
    PartStore(Form& form, const Limits& limits, bool borrow)
        : form_(form), limits_(limits), borrow_(borrow) {}

    // A part of that depth begins.
    Fault begin(const PartHead& head, std::size_t depth);
    // The body itself is the only field; not set: a type that nobody named.
    Fault begin_raw(std::optional<std::string_view> content_type);
    // More data of the part that began last. `lasting`: it lives as long as the input,
    // where that is borrowed; else until keep_slices().
    Fault append(std::string_view slice, bool lasting);
    // The slices handed over so far are about to go away.
    Fault keep_slices();
    // The part of that depth ends.
    Fault end(int done, std::size_t depth);
    // Nothing more comes: all that is open ends with done -1.
    void cut_off();

private:
    FieldData& open_field(std::size_t depth);
    FieldData& add_field(std::size_t depth);
    std::string_view copy_of(std::string_view part, const PartHead& head,
                             std::string_view text);
    bool set_name(FieldData& data, std::string_view name);
    Fault set_filename(FieldData& data, const PartHead& head, std::string_view bytes);
    bool fits(std::uint64_t size) const;
    Fault spool(std::string_view slice);
    Fault finish_value(FieldData& data);
    void finish_list(FieldData& data);

    Form& form_;
    const Limits& limits_;
    bool borrow_;

    // Fields inside multipart parts, by depth - 1; those of the form are in the form.
    std::vector<std::vector<FieldData>> nested_;
    std::size_t depth_ = 0;
    bool open_ = false;           // whether a part with data is
    std::size_t containers_ = 0;  // multipart parts that are open
    std::uint64_t heads_ = 0;     // memory that cannot be spooled

    // The value of the open part: one slice, or a buffer, or a place in the spool.
    std::string_view slice_;
    bool slice_lasts_ = false;
    std::string buffer_;
    std::uint64_t size_ = 0;
    std::uint64_t max_size_ = 0;
    errc too_large_ = errc::max_field;
    bool spooled_ = false;
    Spool::Place place_;
};

}  // namespace cppcgi::detail

#endif
