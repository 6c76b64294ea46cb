// The parts of a multipart body while they arrive: the head of each, then its data in
// slices, so that an upload of any size is taken in constant memory, without a spool
// file. Reads the body itself: use it instead of FieldStorage, not beside it.
//
//   cgi::PartReader parts(req.form_input(), req.limits());
//   while (const cgi::Part* part = parts.next())
//       for (auto slice = parts.read(); !slice.empty(); slice = parts.read()) ...
#ifndef CPPCGI_PARTS_H
#define CPPCGI_PARTS_H

#include <cppcgi/api.h>
#include <cppcgi/error.h>
#include <cppcgi/field.h>
#include <cppcgi/form_input.h>
#include <cppcgi/form_options.h>
#include <cppcgi/limits.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cppcgi {

// The head of a part, as Field has it. Lives until the next call of PartReader::next().
class CPPCGI_API Part {
public:
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    std::string_view name() const noexcept;
    bool has_name() const noexcept;
    std::optional<std::string_view> filename() const noexcept;
    std::string safe_filename() const;
    std::string_view type() const;
    NameValueView type_options() const;
    std::string_view disposition() const;
    NameValueView disposition_options() const;
    NameValueView headers() const;

    // 0 in the form itself, 1 in a multipart part of it.
    unsigned depth() const noexcept;
    // True when the part has no data but parts of its own, which come next, at depth()+1.
    bool is_multipart() const noexcept;

protected:
    Part() = default;
    ~Part() = default;
};

class CPPCGI_API PartReader {
public:
    // `limits` holds but for max_memory; `input` has to be multipart, else next() throws
    // Error (errc::boundary_missing). The query is not looked at.
    explicit PartReader(const FormInput& input, const Limits& limits = {},
                        const FormOptions& options = {});
    PartReader(PartReader&&) noexcept;
    PartReader& operator=(PartReader&&) noexcept;
    ~PartReader();

    // The next part's head, what is left of the current one skipped; nullptr when there
    // are no more. Throws Error.
    const Part* next();

    // The next bytes of the current part, never empty before its end. They live until the
    // next call of read() or next(). Throws Error.
    std::string_view read();

    // Of the current part, once read() has returned its end: as Field::done().
    int done() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The same with callbacks: `head` once a part, then `data` for each slice of it.
CPPCGI_API void read_parts(
    const FormInput& input, const Limits& limits,
    const std::function<void(const Part&)>& head,
    const std::function<void(const Part&, std::string_view)>& data);

}  // namespace cppcgi

#endif
