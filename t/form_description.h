// Bodies that come in pieces, and forms as text that compares. For tests and fuzzers.
#ifndef CPPCGI_T_FORM_DESCRIPTION_H
#define CPPCGI_T_FORM_DESCRIPTION_H

#include <cppcgi/field_storage.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cppcgi_test {

// Cuts a body at given places.
class CutBody : public cppcgi::BodySource {
public:
    CutBody(std::string_view body, std::vector<std::size_t> cuts)
        : body_(body), cuts_(std::move(cuts)) {}
    cppcgi::Result<std::string_view> next() override {
        const std::size_t end =
            std::min(cut_ < cuts_.size() ? cuts_[cut_++] : SIZE_MAX, body_.size());
        if (end <= at_ && at_ < body_.size()) return next();
        // Copied, so that a view kept too long is found by sanitizers.
        slice_ = std::vector<char>(body_.begin() + static_cast<std::ptrdiff_t>(at_),
                                   body_.begin() + static_cast<std::ptrdiff_t>(end));
        at_ = end;
        return std::string_view(slice_.data(), slice_.size());
    }

private:
    std::string_view body_;
    std::vector<std::size_t> cuts_;
    std::size_t cut_ = 0;
    std::size_t at_ = 0;
    std::vector<char> slice_;
};

// Everything an accessor shows, one field a line, so that two readings compare.
inline void describe(const cppcgi::FieldRange& fields, std::string& out,
                     int depth = 0) {
    const auto pairs = [&out](const char* what, const cppcgi::NameValueView& view) {
        out += what;
        for (const auto& [name, value] : view) {
            (((out += ' ') += name) += '=') += value;
        }
    };
    for (const cppcgi::Field& field : fields) {
        out.append(static_cast<std::size_t>(depth) * 2, ' ');
        (out += field.has_name() ? "name " : "nameless ") += field.name();
        if (field.filename()) (out += " file ") += *field.filename();
        (out += " done ") += std::to_string(field.done());
        (out += " type ") += field.type();
        pairs(" options", field.type_options());
        (out += " disposition ") += field.disposition();
        pairs(" options", field.disposition_options());
        pairs(" headers", field.headers());
        ((out += " size ") += std::to_string(field.size())) += " value ";
        out += field.value();
        ((out += " text ") += field.text()) += '\n';
        if (field.has_list()) describe(field.list(), out, depth + 1);
    }
}

inline std::string describe(const cppcgi::FieldStorage& form) {
    std::string out;
    if (form.fault()) {
        out = "fault " + make_error_code(form.fault().code).message() + '\n';
    }
    describe(form.fields(), out);
    return out;
}

}  // namespace cppcgi_test

#endif
