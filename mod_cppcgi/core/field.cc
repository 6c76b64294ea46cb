#include <cppcgi/field.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "core/field_stream.h"
#include "core/form.h"
#include "core/parameters.h"
#include "core/safe_filename.h"
#include "core/save_as.h"

namespace cppcgi {
namespace {

using detail::FieldData;
using detail::PartDetails;
using detail::record_of;

const FieldData& data_of(const Field& field) { return record_of(field).data; }

PartDetails& details_of(const Field& field) {
    return data_of(field).form->details_of(record_of(field));
}

}  // namespace

std::optional<std::string_view> NameValueView::get(
    std::string_view name) const noexcept {
    for (const NameValue& one : *this) {
        if (detail::equals_nocase(one.name, name)) return one.value;
    }
    return std::nullopt;
}

std::string_view Field::name() const noexcept { return record_of(*this).name(); }
bool Field::has_name() const noexcept { return data_of(*this).has_name(); }

std::string_view Field::value() const {
    return data_of(*this).form->value_of(record_of(*this));
}

std::uint64_t Field::size() const noexcept { return data_of(*this).value_size; }

std::string_view Field::text() const {
    const FieldData& data = data_of(*this);
    if (data.is_ascii) return value();
    if (data.details != nullptr && data.details->has_text) return data.details->text;
    const std::string_view bytes = value();
    const std::string_view text = data.form->text_of(bytes);
    if (text.data() != bytes.data()) {
        PartDetails& details = details_of(*this);
        details.text = text;
        details.has_text = true;
    }
    return text;
}

std::optional<std::string_view> Field::filename() const noexcept {
    const PartDetails* details = data_of(*this).details;
    if (details == nullptr || !details->has_filename) return std::nullopt;
    return details->filename;
}

std::string Field::safe_filename() const {
    return detail::safe_filename(filename().value_or(std::string_view()));
}

std::istream& Field::file() const {
    const FieldData& data = data_of(*this);
    PartDetails& details = details_of(*this);
    if (details.stream != nullptr) return *details.stream;
    std::unique_ptr<std::istream> stream;
    if (!data.is_spooled()) {
        stream = std::make_unique<detail::FieldStream>(value());
    } else {
        stream = std::make_unique<detail::FieldStream>(
            data.form->spool.descriptor(data.spool_file).value(), data.offset,
            data.value_size);
    }
    details.stream = stream.get();
    data.form->streams.push_back(std::move(stream));
    return *details.stream;
}

void Field::save_as(const std::string& path, Existing existing) const {
    if (const std::error_code error = detail::save_as(*this, path, existing)) {
        throw std::system_error(error, "an upload cannot be saved as " + path);
    }
}

void Field::save_as(const std::string& path, Existing existing,
                    std::error_code& error) const {
    error = detail::save_as(*this, path, existing);
}

bool Field::has_type() const noexcept {
    return data_of(*this).kind != detail::FieldKind::urlencoded;
}

std::string_view Field::type() const {
    return has_type() ? details_of(*this).type : std::string_view();
}

NameValueView Field::type_options() const {
    return has_type() ? details_of(*this).type_options : NameValueView();
}

bool Field::has_disposition() const {
    return has_type() && details_of(*this).has_disposition;
}

std::string_view Field::disposition() const {
    return has_type() ? details_of(*this).disposition : std::string_view();
}

NameValueView Field::disposition_options() const {
    return has_type() ? details_of(*this).disposition_options : NameValueView();
}

NameValueView Field::headers() const {
    return has_type() ? details_of(*this).headers : NameValueView();
}

FieldRange Field::list() const noexcept {
    const PartDetails* details = data_of(*this).details;
    if (details == nullptr || details->list == nullptr) return {};
    return {static_cast<const Field*>(details->list), sizeof(detail::FieldRecord),
            details->list_size};
}

bool Field::has_list() const noexcept {
    const PartDetails* details = data_of(*this).details;
    return details != nullptr && details->is_container;
}

const Field* Field::find(std::string_view name) const noexcept {
    for (const Field& field : list()) {
        if (field.has_name() && field.name() == name) return &field;
    }
    return nullptr;
}

const Field& Field::operator[](std::string_view name) const {
    if (const Field* field = find(name)) return *field;
    throw std::out_of_range("the part has no field named " + std::string(name));
}

int Field::done() const noexcept { return data_of(*this).done; }

}  // namespace cppcgi
