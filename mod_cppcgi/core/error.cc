#include <cppcgi/error.h>

#include <algorithm>
#include <array>
#include <vector>

namespace cppcgi {
namespace {

struct Row {
    errc code;
    int status;
    std::string_view kind;
    std::string_view limit;
    const char* message;
};

constexpr Row rows[] = {
    {errc::none, 200, "none", "", "no error"},
    {errc::boundary_missing, 400, "bad_boundary", "",
     "the multipart type has no boundary parameter"},
    {errc::boundary_malformed, 400, "bad_boundary", "",
     "the boundary parameter is malformed"},
    {errc::boundary_repeated, 400, "bad_boundary", "",
     "the multipart type has two boundary parameters"},
    {errc::boundary_too_long, 400, "bad_boundary", "",
     "the boundary is longer than 200 characters"},
    {errc::boundary_ambiguous, 400, "bad_boundary", "",
     "a nested boundary begins like the end of an outer one"},
    {errc::boundary_not_in_body, 400, "bad_boundary", "",
     "the boundary breaks the rules of RFC 2046 and is not in the body"},
    {errc::no_delimiter, 400, "malformed", "",
     "the multipart body has no opening delimiter line"},
    {errc::head_cut_off, 400, "truncated", "",
     "the body ends inside the head of a part"},
    {errc::head_line, 400, "malformed", "",
     "a line in the head of a part is no header: no colon, or the name is no token"},
    {errc::head_fold, 400, "malformed", "",
     "the head of a part begins with a continuation line"},
    {errc::head_blank, 400, "malformed", "",
     "a line in the head of a part is nothing but white space"},
    {errc::head_stray_cr, 400, "malformed", "",
     "a CR without LF in the head of a part"},
    {errc::head_delimiter, 400, "malformed", "",
     "a delimiter line inside the head of a part"},
    {errc::head_repeated, 400, "malformed", "",
     "a part has two Content-Disposition headers"},
    {errc::head_parameter_repeated, 400, "malformed", "",
     "a Content-Disposition has two parameters name or filename"},
    {errc::query_field, 400, "bad_query_field", "",
     "a field of the urlencoded form has no \"=\""},
    {errc::undecodable, 400, "bad_encoding", "",
     "the form has text that its encoding does not know"},
    {errc::unknown_encoding, 500, "bad_option", "encoding",
     "the form's encoding is unknown: use utf-8, iso-8859-1 or us-ascii"},
    {errc::unknown_errors, 500, "bad_option", "errors",
     "the form's error handler is unknown: use strict, replace or ignore"},
    {errc::unusable_separator, 500, "bad_option", "separator",
     "the form's separator cannot be a letter, a digit, NUL or one of = % +"},
    {errc::max_body, 413, "too_large", "CppCGIMaxBody", "the form's body is too large"},
    {errc::max_field, 413, "too_large", "CppCGIMaxField", "a field is too large"},
    {errc::max_file, 413, "too_large", "CppCGIMaxFile",
     "an uploaded file is too large"},
    {errc::max_memory, 413, "too_large", "CppCGIMaxMemory",
     "the names and heads of the form take too much memory"},
    {errc::max_fields, 413, "too_many_fields", "CppCGIMaxFields",
     "the form has too many fields"},
    {errc::max_part_header, 413, "header_too_large", "CppCGIMaxPartHeader",
     "the head of a part is too large"},
    {errc::max_nesting, 413, "too_large", "CppCGIMaxNesting",
     "multipart bodies are nested too deeply"},
    {errc::max_num_fields, 413, "too_many_fields", "max_num_fields",
     "the form has too many fields"},
    {errc::maxlen, 413, "too_large", "maxlen", "the form's body is too large"},
    {errc::body_aborted, 400, "truncated", "", "the client went away during the body"},
    {errc::body_timed_out, 408, "truncated", "", "the body took too long to arrive"},
    {errc::body_too_large, 413, "too_large", "LimitRequestBody",
     "the body is larger than the server takes"},
    {errc::body_malformed, 400, "truncated", "",
     "the body is broken: bad chunking, or shorter than its Content-Length"},
    {errc::body_failed, 500, "internal", "", "the body could not be read"},
    {errc::spool, 500, "internal", "CppCGISpoolDir",
     "form data could not be written to the spool directory"},
    {errc::body_in_use, 500, "internal", "",
     "the body of the request has been read already"},
    {errc::bad_cookie, 500, "bad_cookie", "", "a cookie cannot be sent as it is"},
    {errc::bad_head, 500, "internal", "", "a response head cannot be sent as it is"},
    {errc::handler, 500, "internal", "", "the handler reported an error"},
};

constexpr const Row& row(errc code) noexcept {
    for (const Row& candidate : rows) {
        if (candidate.code == code) return candidate;
    }
    return rows[std::size(rows) - 1];
}

class Category final : public std::error_category {
public:
    constexpr Category() noexcept = default;
    const char* name() const noexcept override { return "cppcgi"; }
    std::string message(int code) const override {
        return row(static_cast<errc>(code)).message;
    }
};

// A constant without a destructor to run: the server unloads and reloads this library.
union Holder {
    Category category;
    constexpr Holder() noexcept : category() {}
    ~Holder() {}
};
#if defined(__clang__)
[[clang::no_destroy]]
#endif
constinit Holder holder;

bool is_bound(errc code) { return code >= errc::max_body && code <= errc::maxlen; }

std::string sentence(Fault fault) {
    const Row& found = row(fault.code);
    std::string text = found.message;
    if (is_bound(fault.code)) {
        text += ": ";
        text += found.limit;
        text += " is ";
        text += std::to_string(fault.limit);
    } else if (!found.limit.empty()) {
        text += " (";
        text += found.limit;
        text += ")";
    }
    return text;
}

}  // namespace

std::string_view kind(errc code) noexcept { return row(code).kind; }
int http_status(errc code) noexcept { return row(code).status; }
std::string_view limit_name(errc code) noexcept { return row(code).limit; }
const std::error_category& error_category() noexcept { return holder.category; }

struct Error::More {
    std::vector<Header> headers;
};

Error::Error(Fault fault)
    : std::runtime_error(sentence(fault)),
      fault_(fault),
      status_(http_status(fault.code)) {}
Error::Error(errc code, const std::string& text)
    : std::runtime_error(text), fault_{code, 0}, status_(http_status(code)) {}
Error::Error(int status, const std::string& text)
    : std::runtime_error(text), fault_{errc::handler, 0}, status_(status) {}

Error& Error::header(std::string_view name, std::string_view value) {
    More more = more_ ? *more_ : More();
    more.headers.emplace_back(name, value);
    more_ = std::make_shared<const More>(std::move(more));
    return *this;
}

Error& Error::retry_after(std::chrono::seconds pause) {
    return header("Retry-After",
                  std::to_string(std::max<std::int64_t>(pause.count(), 0)));
}

std::span<const Error::Header> Error::headers() const noexcept {
    if (!more_) return {};
    return more_->headers;
}

Error::Error(const Error&) noexcept = default;
Error& Error::operator=(const Error&) noexcept = default;
Error::~Error() = default;

}  // namespace cppcgi
