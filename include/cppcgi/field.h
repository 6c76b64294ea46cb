// One field of a form, or one part of a multipart body. Owned by its FieldStorage and
// only seen by reference; all text returned lives as long as that. One thread at a time
// uses the fields of a form: some of what they return is made when first asked for.
#ifndef CPPCGI_FIELD_H
#define CPPCGI_FIELD_H

#include <cppcgi/api.h>
#include <cppcgi/error.h>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <iterator>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <system_error>

namespace cppcgi {

struct NameValue {
    std::string_view name;
    std::string_view value;
};

// Headers or parameters in order; the first of a name counts, case of names does not.
class CPPCGI_API NameValueView : public std::ranges::view_base {
public:
    NameValueView() = default;
    NameValueView(const NameValue* first, std::size_t count) noexcept
        : first_(first), count_(count) {}

    const NameValue* begin() const noexcept { return first_; }
    const NameValue* end() const noexcept { return first_ + count_; }
    std::size_t size() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }

    std::optional<std::string_view> get(std::string_view name) const noexcept;
    // "" when there is none of that name.
    std::string_view operator[](std::string_view name) const noexcept {
        return get(name).value_or(std::string_view());
    }
    bool contains(std::string_view name) const noexcept {
        return get(name).has_value();
    }

private:
    const NameValue* first_ = nullptr;
    std::size_t count_ = 0;
};

class Field;

// Fields in order of arrival. The size of a Field is only known inside the library.
class FieldIterator {
public:
    using value_type = Field;
    using reference = const Field&;
    using pointer = const Field*;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;

    FieldIterator() = default;
    FieldIterator(const void* at, std::size_t stride) noexcept
        : at_(static_cast<const char*>(at)), stride_(stride) {}

    reference operator*() const noexcept { return *operator->(); }
    pointer operator->() const noexcept {
        return static_cast<const Field*>(static_cast<const void*>(at_));
    }
    FieldIterator& operator++() noexcept {
        at_ += stride_;
        return *this;
    }
    FieldIterator operator++(int) noexcept {
        FieldIterator before = *this;
        at_ += stride_;
        return before;
    }
    friend bool operator==(const FieldIterator& a, const FieldIterator& b) noexcept {
        return a.at_ == b.at_;
    }

private:
    const char* at_ = nullptr;
    std::size_t stride_ = 0;
};

class FieldRange : public std::ranges::view_base {
public:
    FieldRange() = default;
    FieldRange(const void* first, std::size_t stride, std::size_t count) noexcept
        : begin_(first, stride),
          end_(static_cast<const char*>(first) + stride * count, stride),
          count_(count) {}

    FieldIterator begin() const noexcept { return begin_; }
    FieldIterator end() const noexcept { return end_; }
    std::size_t size() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }

private:
    FieldIterator begin_;
    FieldIterator end_;
    std::size_t count_ = 0;
};

class CPPCGI_API Field {
public:
    // What save_as does with a file that is there already.
    enum class Existing { replace, keep };

    Field(const Field&) = delete;
    Field& operator=(const Field&) = delete;

    // Decoded to UTF-8; empty also for a part that has none.
    std::string_view name() const noexcept;
    bool has_name() const noexcept;

    // The bytes as they were sent (percent-decoded in urlencoded forms). A spooled field
    // is mapped into memory. Throws Error (errc::spool) when that fails.
    std::string_view value() const;
    std::uint64_t size() const noexcept;

    // The value decoded to UTF-8 by the form's encoding and errors.
    std::string_view text() const;

    // What the client calls the file, decoded, nothing stripped: evidence, never a path.
    // Set for file uploads only.
    std::optional<std::string_view> filename() const noexcept;

    // A name that is safe to join to a directory: what stands behind the last / or \ of
    // filename(), without control characters, leading dots, and what file systems
    // reserve; at most 200 bytes; "upload" when nothing is left. Not unique.
    std::string safe_filename() const;

    // The value as a stream, at its start when first asked for and the same stream
    // afterwards: while (std::getline(field.file(), line)) ... A spooled field is read
    // from disk, 64 KB at a time.
    std::istream& file() const;

    // Writes the value to a file: completely or not at all, under a name of its own first
    // and then renamed. A symbolic link of that name is replaced, not followed. Costs no
    // copy when the field is spooled on the same file system. The mode is that of a new
    // file (0666 less umask). Throws std::system_error with the path.
    void save_as(const std::string& path, Existing existing = Existing::replace) const;
    void save_as(const std::string& path, Existing existing,
                 std::error_code& error) const;

    // Media type without parameters, in the case it was sent; "text/plain" for a part
    // without one. Urlencoded fields have none.
    std::string_view type() const;
    bool has_type() const noexcept;
    NameValueView type_options() const;
    // "form-data" in forms; empty when there is no Content-Disposition.
    std::string_view disposition() const;
    bool has_disposition() const;
    NameValueView disposition_options() const;
    // Headers of the part, continuation lines joined, decoded; of a raw body its type.
    NameValueView headers() const;

    // Fields of a multipart part inside the form; empty for others.
    FieldRange list() const noexcept;
    bool has_list() const noexcept;
    // The first of them with that name, as in a form; nullptr, or std::out_of_range, when
    // there is none.
    const Field* find(std::string_view name) const noexcept;
    bool contains(std::string_view name) const noexcept {
        return find(name) != nullptr;
    }
    const Field& operator[](std::string_view name) const;

    // 1: the closing delimiter ended the part; 0: another part followed, or the form is
    // urlencoded; -1: the input ended inside it.
    int done() const noexcept;

protected:
    Field() = default;
    ~Field() = default;
};

}  // namespace cppcgi

#endif
