// Writes JSON (RFC 8259) into a string: for the status page and `cppcgi doctor --json`,
// which write small documents and must not need a library for it. Bytes that are not UTF-8
// become U+FFFD. Plain value; one thread.
//
//     JsonWriter json;
//     json.begin_object().member("name", "hello").member("requests", 3u).end_object();
#ifndef CPPCGI_HOST_JSON_WRITER_H
#define CPPCGI_HOST_JSON_WRITER_H

#include <cstdint>
#include <string>
#include <string_view>

namespace cppcgi::host {

class JsonWriter {
public:
    JsonWriter& begin_object();
    JsonWriter& begin_array();
    JsonWriter& end_object();
    JsonWriter& end_array();

    // The name of the member whose value comes next.
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(std::uint64_t number);
    JsonWriter& value(std::uint32_t number) { return value(std::uint64_t{number}); }
    JsonWriter& value(std::int64_t number);
    JsonWriter& value(std::int32_t number) { return value(std::int64_t{number}); }
    JsonWriter& value(double number);
    JsonWriter& value(bool truth);
    JsonWriter& null();

    template <class Value>
    JsonWriter& member(std::string_view name, const Value& what) {
        return key(name).value(what);
    }

    const std::string& text() const noexcept { return text_; }

private:
    void separate();
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void quote(std::string_view text);

    std::string text_;
    bool needs_comma_ = false;
};

}  // namespace cppcgi::host

#endif
