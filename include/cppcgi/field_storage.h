// A form: the fields of a request, read when it is made. Query and body are merged in the
// order Python's cgi.FieldStorage has. A handle: copies share the fields, which live as
// long as one of them does.
//
//   cgi::FieldStorage form(req, {.keep_blank_values = true});
//   form.getfirst("name", "nobody");
//   for (const cgi::Field& field : form) ...
#ifndef CPPCGI_FIELD_STORAGE_H
#define CPPCGI_FIELD_STORAGE_H

#include <cppcgi/api.h>
#include <cppcgi/error.h>
#include <cppcgi/field.h>
#include <cppcgi/form_input.h>
#include <cppcgi/form_options.h>
#include <cppcgi/limits.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace cppcgi {

class Request;

namespace detail {
struct Form;
}

class CPPCGI_API FieldStorage {
public:
    using Options = FormOptions;
    using value_type = Field;
    using const_iterator = FieldIterator;

    // The form of a request. It is read once: a second FieldStorage of the same request
    // has the same fields, whatever its options. Throws Error: 400 for a malformed form,
    // 413 for one beyond a limit.
    explicit FieldStorage(Request& request, const FormOptions& options = {});

    // A form from anywhere else; `limits` and `options` are only used while it is read.
    // Throws Error as above.
    explicit FieldStorage(const FormInput& input, const Limits& limits = {},
                          const FormOptions& options = {});

    // The same without throwing: the form, with fault() set and the fields read so far
    // when it is malformed or beyond a limit.
    static FieldStorage read(const FormInput& input, const Limits& limits = {},
                             const FormOptions& options = {});

    FieldStorage(const FieldStorage&) noexcept;
    FieldStorage(FieldStorage&&) noexcept;
    FieldStorage& operator=(const FieldStorage&) noexcept;
    FieldStorage& operator=(FieldStorage&&) noexcept;
    ~FieldStorage();

    // What kept read() from reading all; always unset after a constructor.
    Fault fault() const noexcept;

    // Fields in order of arrival, nameless ones included.
    FieldIterator begin() const noexcept { return fields().begin(); }
    FieldIterator end() const noexcept { return fields().end(); }
    std::size_t size() const noexcept { return fields().size(); }
    bool empty() const noexcept { return fields().empty(); }
    FieldRange fields() const noexcept;

    // The first field of that name, or nullptr.
    const Field* find(std::string_view name) const;
    bool contains(std::string_view name) const { return find(name) != nullptr; }
    // The first field of that name; throws std::out_of_range when there is none.
    const Field& operator[](std::string_view name) const;

    // The first value of a name: text() of a field, value() of an uploaded file.
    std::optional<std::string_view> getvalue(std::string_view name) const;
    std::string_view getvalue(std::string_view name, std::string_view otherwise) const;
    std::string_view getfirst(std::string_view name,
                              std::string_view otherwise = {}) const;
    // All of them, in order.
    std::vector<std::string_view> getlist(std::string_view name) const;
    std::vector<const Field*> getfields(std::string_view name) const;

    // Names, each once, in order of first appearance. keys().size() is Python's len().
    std::vector<std::string_view> keys() const;

    // How many files hold what was too large for memory.
    std::size_t spool_files() const noexcept;

private:
    explicit FieldStorage(std::shared_ptr<const detail::Form> form) noexcept;
    std::shared_ptr<const detail::Form> form_;
};

}  // namespace cppcgi

#endif
