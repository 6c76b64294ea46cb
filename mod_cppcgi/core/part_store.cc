#include "core/part_store.h"

#include <new>

namespace cppcgi::detail {

FieldData& PartStore::add_field(std::size_t depth) {
    depth_ = depth;
    if (nested_.size() < depth) nested_.resize(depth);
    FieldData& data =
        depth == 0 ? form_.fields.add() : nested_[depth - 1].emplace_back();
    data.form = &form_;
    data.kind = FieldKind::part;
    return data;
}

FieldData& PartStore::open_field(std::size_t depth) {
    return depth == 0 ? form_.fields.back().data : nested_[depth - 1].back();
}

// `part` again, where it lies in the head's copy; else a copy of its own.
std::string_view PartStore::copy_of(std::string_view part, const PartHead& head,
                                    std::string_view text) {
    const auto begin = reinterpret_cast<std::uintptr_t>(head.text.data());
    const auto at = reinterpret_cast<std::uintptr_t>(part.data());
    if (at >= begin && at + part.size() <= begin + head.text.size()) {
        return text.substr(at - begin, part.size());
    }
    return form_.arena.copy(part);
}

bool PartStore::set_name(FieldData& data, std::string_view name) {
    std::string text;
    if (form_.on_error == OnError::strict &&
        !is_text_already(name, form_.head_encoding) &&
        !decode(name, form_.head_encoding, OnError::strict, text)) {
        return false;
    }
    name = form_.head_text_of(name);
    // Never nullptr, which would say that there is none.
    data.name = name.empty() ? "" : name.data();
    data.name_size = static_cast<std::uint32_t>(name.size());
    return true;
}

Fault PartStore::set_filename(FieldData& data, const PartHead& head,
                              std::string_view bytes) {
    PartDetails& details = *data.details;
    details.has_filename = true;
    details.filename = bytes;
    if (head.filename_is_utf8) return {};
    std::string text;
    if (form_.on_error == OnError::strict &&
        !is_text_already(bytes, form_.head_encoding) &&
        !decode(bytes, form_.head_encoding, OnError::strict, text)) {
        return {errc::undecodable, 0};
    }
    details.filename = form_.head_text_of(bytes);
    return {};
}

Fault PartStore::begin(const PartHead& head, std::size_t depth) {
    FieldData& data = add_field(depth);
    heads_ += head.text.size() + sizeof(FieldRecord);
    const std::string_view text = form_.arena.copy(head.text);
    data.head = text.data();
    data.head_size = static_cast<std::uint32_t>(text.size());
    if (head.has_name && !set_name(data, copy_of(head.name, head, text))) {
        return {errc::undecodable, 0};
    }
    if (head.has_filename || head.multipart) {
        heads_ += sizeof(PartDetails) + head.filename.size();
        data.details = new (form_.arena.array<PartDetails>(1)) PartDetails;
        data.details->head = text;
        data.details->is_container = head.multipart;
    }
    if (head.has_filename) {
        const std::string_view bytes = copy_of(head.filename, head, text);
        if (Fault fault = set_filename(data, head, bytes)) return fault;
    }
    if (heads_ / Form::heads_factor > limits_.max_memory) {
        return {errc::max_memory, limits_.max_memory};
    }
    open_ = !head.multipart;
    if (head.multipart) ++containers_;
    size_ = 0;
    max_size_ = head.has_filename ? limits_.max_file : limits_.max_field;
    too_large_ = head.has_filename ? errc::max_file : errc::max_field;
    return {};
}

Fault PartStore::begin_raw(std::optional<std::string_view> content_type) {
    FieldData& data = add_field(0);
    data.kind = FieldKind::raw;
    if (content_type) {
        std::string head = "Content-Type: ";
        head += *content_type;
        head += "\r\n";
        const std::string_view text = form_.arena.copy(head);
        data.head = text.data();
        data.head_size = static_cast<std::uint32_t>(text.size());
    }
    open_ = true;
    size_ = 0;
    max_size_ = limits_.max_file;
    too_large_ = errc::max_file;
    return {};
}

bool PartStore::fits(std::uint64_t size) const {
    return form_.memory() + size <= limits_.max_memory;
}

Fault PartStore::spool(std::string_view slice) {
    if (!spooled_) {
        const Result<Spool::Place> place = form_.spool.begin();
        if (!place) return place.fault();
        place_ = *place;
        spooled_ = true;
        if (Fault fault = form_.spool.append(slice_)) return fault;
        if (Fault fault = form_.spool.append(buffer_)) return fault;
        slice_ = {};
        std::string().swap(buffer_);
    }
    return form_.spool.append(slice);
}

Fault PartStore::append(std::string_view slice, bool lasting) {
    size_ += slice.size();
    if (size_ > max_size_) return {too_large_, max_size_};
    if (spooled_) return form_.spool.append(slice);
    if (slice_.empty() && buffer_.empty()) {
        slice_ = slice;
        slice_lasts_ = lasting && borrow_;
        return {};
    }
    if (slice_lasts_ && lasting && slice_.data() + slice_.size() == slice.data()) {
        slice_ = {slice_.data(), slice_.size() + slice.size()};
        return {};
    }
    slice_lasts_ = false;
    if (Fault fault = keep_slices()) return fault;
    // Once more when the buffer becomes the value.
    if (spooled_ || !fits(2 * size_)) return spool(slice);
    buffer_ += slice;
    return {};
}

Fault PartStore::keep_slices() {
    if (slice_.empty() || slice_lasts_) return {};
    if (!fits(2 * size_)) return spool({});
    buffer_ += slice_;
    slice_ = {};
    return {};
}

Fault PartStore::finish_value(FieldData& data) {
    const std::string_view value = buffer_.empty() ? slice_ : std::string_view(buffer_);
    const bool stays = slice_lasts_ && buffer_.empty();
    if (!spooled_ && !stays && !fits(value.size())) {
        if (Fault fault = spool({})) return fault;
    }
    data.value_size = size_;
    if (spooled_) {
        data.spool_file = static_cast<std::uint8_t>(place_.file);
        data.offset = place_.offset;
    } else {
        data.value = stays ? value.data() : form_.arena.copy(value).data();
    }
    slice_ = {};
    slice_lasts_ = false;
    buffer_.clear();
    spooled_ = false;
    return {};
}

// The fields inside a multipart part are complete.
void PartStore::finish_list(FieldData& data) {
    PartDetails& details = *data.details;
    if (nested_.size() <= depth_) return;
    std::vector<FieldData>& fields = nested_[depth_];
    details.list = form_.arena.array<FieldRecord>(fields.size());
    details.list_size = fields.size();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        new (details.list + i) FieldRecord(fields[i]);
    }
    fields.clear();
}

Fault PartStore::end(int done, std::size_t depth) {
    FieldData& data = open_field(depth);
    depth_ = depth;
    data.done = static_cast<std::int8_t>(done);
    if (open_) {
        open_ = false;
        return finish_value(data);
    }
    --containers_;
    finish_list(data);
    return {};
}

void PartStore::cut_off() {
    if (form_.fields.size() == 0) return;
    if (open_) {
        FieldData& data = open_field(depth_);
        data.done = -1;
        open_ = false;
        if (size_ > max_size_) size_ = 0;  // no part of it is kept
        if (finish_value(data)) data.value_size = 0;
    }
    while (containers_ != 0) {
        depth_ = --containers_;
        FieldData& data = open_field(depth_);
        data.done = -1;
        finish_list(data);
    }
}

}  // namespace cppcgi::detail
