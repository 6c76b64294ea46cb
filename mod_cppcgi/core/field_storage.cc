#include <cppcgi/field_storage.h>
#include <cppcgi/request.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "core/form.h"
#include "core/form_reader.h"

namespace cppcgi {
namespace {

using detail::FieldRecord;
using detail::Form;

const FieldRecord* first_of(const Form& form, std::string_view name) {
    return form.index.find(form.fields.data(), form.fields.size(), name);
}

const FieldRecord* next_of(const Form& form, const FieldRecord& field) {
    return form.index.next(form.fields.data(), form.fields.size(), field);
}

std::string_view shown(const Field& field) {
    return field.filename() ? field.value() : field.text();
}

}  // namespace

FieldStorage::FieldStorage(std::shared_ptr<const Form> form) noexcept
    : form_(std::move(form)) {}

FieldStorage::FieldStorage(Request& request, const FormOptions& options)
    : FieldStorage(request.form(options)) {}

FieldStorage::FieldStorage(const FormInput& input, const Limits& limits,
                           const FormOptions& options)
    : form_(detail::read_form(input, limits, options)) {
    if (form_->fault) throw Error(form_->fault);
}

FieldStorage FieldStorage::read(const FormInput& input, const Limits& limits,
                                const FormOptions& options) {
    return FieldStorage(
        std::shared_ptr<const Form>(detail::read_form(input, limits, options)));
}

FieldStorage::FieldStorage(const FieldStorage&) noexcept = default;
FieldStorage::FieldStorage(FieldStorage&&) noexcept = default;
FieldStorage& FieldStorage::operator=(const FieldStorage&) noexcept = default;
FieldStorage& FieldStorage::operator=(FieldStorage&&) noexcept = default;
FieldStorage::~FieldStorage() = default;

Fault FieldStorage::fault() const noexcept { return form_->fault; }

std::size_t FieldStorage::spool_files() const noexcept { return form_->spool.files(); }

FieldRange FieldStorage::fields() const noexcept {
    return {static_cast<const Field*>(form_->fields.data()), sizeof(FieldRecord),
            form_->fields.size()};
}

const Field* FieldStorage::find(std::string_view name) const {
    return first_of(*form_, name);
}

const Field& FieldStorage::operator[](std::string_view name) const {
    if (const Field* field = find(name)) return *field;
    throw std::out_of_range("the form has no field named " + std::string(name));
}

std::optional<std::string_view> FieldStorage::getvalue(std::string_view name) const {
    const Field* field = find(name);
    if (field == nullptr) return std::nullopt;
    return shown(*field);
}

std::string_view FieldStorage::getvalue(std::string_view name,
                                        std::string_view otherwise) const {
    return getvalue(name).value_or(otherwise);
}

std::string_view FieldStorage::getfirst(std::string_view name,
                                        std::string_view otherwise) const {
    return getvalue(name).value_or(otherwise);
}

std::vector<std::string_view> FieldStorage::getlist(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const FieldRecord* at = first_of(*form_, name); at != nullptr;
         at = next_of(*form_, *at)) {
        values.push_back(shown(*at));
    }
    return values;
}

std::vector<const Field*> FieldStorage::getfields(std::string_view name) const {
    std::vector<const Field*> fields;
    for (const FieldRecord* at = first_of(*form_, name); at != nullptr;
         at = next_of(*form_, *at)) {
        fields.push_back(at);
    }
    return fields;
}

std::vector<std::string_view> FieldStorage::keys() const {
    std::vector<std::string_view> names;
    const detail::FieldList& fields = form_->fields;
    names.reserve(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (form_->index.is_first(fields.data(), fields.size(), fields[i])) {
            names.push_back(fields[i].name());
        }
    }
    return names;
}

}  // namespace cppcgi
