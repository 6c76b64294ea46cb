// Where a form comes from: the parts of a request that decide how it is read, and its
// body as slices. Requests offer one; tests and programs make their own from a string or
// a stream. Used by the thread that reads the form, while it is being read.
#ifndef CPPCGI_FORM_INPUT_H
#define CPPCGI_FORM_INPUT_H

#include <cppcgi/api.h>
#include <cppcgi/error.h>

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string_view>

namespace cppcgi {

class CPPCGI_API BodySource {
public:
    virtual ~BodySource();

    // The next bytes of the body, of any length; empty at its end. They stay valid until
    // the next call. A fault (errc::body_...) ends the body.
    virtual Result<std::string_view> next() = 0;
};

// A body that lies in memory, which has to outlive it.
class CPPCGI_API MemoryBody : public BodySource {
public:
    explicit MemoryBody(std::string_view body) noexcept : rest_(body) {}
    // Hands it out in slices of `slice` bytes, as a connection would.
    MemoryBody(std::string_view body, std::size_t slice) noexcept
        : rest_(body), slice_(slice) {}
    ~MemoryBody() override;
    Result<std::string_view> next() override;

private:
    std::string_view rest_;
    std::size_t slice_ = SIZE_MAX;
};

// A body read from a stream, in blocks of 64 KB.
class CPPCGI_API StreamBody : public BodySource {
public:
    explicit StreamBody(std::istream& stream) noexcept : stream_(&stream) {}
    ~StreamBody() override;
    Result<std::string_view> next() override;

private:
    std::istream* stream_;
    std::unique_ptr<char[]> block_;
};

struct FormInput {
    // REQUEST_METHOD. GET and HEAD have their fields in the query, all others in the body
    // and, when that is a form, in the query as well.
    std::string_view method = "GET";
    // Content-Type; not set is not the same as empty.
    std::optional<std::string_view> content_type = {};
    std::string_view query_string = {};
    // As the client announced it; the body is not read when it is beyond the limit.
    std::optional<std::uint64_t> content_length = {};
    // nullptr: no body.
    BodySource* body = nullptr;
    // True when the query and all slices of the body outlive the FieldStorage: values
    // then are views of them where they can be. The bytes must not change.
    bool borrow = false;
};

}  // namespace cppcgi

#endif
