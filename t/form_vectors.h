// The vectors of forms (../shared/vectors/README.md) as inputs of FieldStorage.
#ifndef CPPCGI_T_FORM_VECTORS_H
#define CPPCGI_T_FORM_VECTORS_H

#include <cppcgi/field_storage.h>
#include <zlib.h>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "t/form_description.h"
#include "t/vectors.h"

namespace cppcgi_test {

inline std::string from_base64(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t digit = alphabet.find(c);
        if (digit == std::string_view::npos) break;
        bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffffff;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xff);
    }
    return bytes;
}

inline std::string inflated(const std::string& bytes) {
    std::string text(4u << 20, '\0');
    uLongf size = text.size();
    if (uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                   reinterpret_cast<const Bytef*>(bytes.data()),
                   bytes.size()) != Z_OK) {
        throw std::runtime_error("a vector's body is not zlib");
    }
    text.resize(size);
    return text;
}

inline bool truth(const Json& options, const char* name) {
    if (!options.contains(name)) return false;
    const Json& value = options.at(name);
    return value.is_boolean() ? value.get<bool>() : value.get<int>() != 0;
}

// One vector, and what has to live while its form is read.
struct FormVector {
    explicit FormVector(const Json& from) : json(from) {
        id = from.at("id");
        method = from.value("method", "GET");
        if (from.contains("content_type") && from.at("content_type").is_string()) {
            content_type = from.at("content_type").get<std::string>();
        }
        if (from.contains("query_string") && from.at("query_string").is_string()) {
            query = from.at("query_string").get<std::string>();
        }
        if (from.contains("body") && from.at("body").is_string()) {
            body = from_base64(from.at("body").get<std::string>());
        }
        // The project's own vectors are written to be read.
        body = from.value("body_text", body);
        if (from.value("body_enc", "") == "zlib") body = inflated(body);
        const Json given = from.value("options", Json::object());
        options.keep_blank_values = truth(given, "keep_blank_values");
        options.strict_parsing = truth(given, "strict_parsing");
        encoding = given.value("encoding", "utf-8");
        errors = given.value("errors", "replace");
        options.separator = given.value("separator", "&")[0];
        options.maxlen = given.value("maxlen", 0u);
        if (given.contains("max_num_fields")) {
            options.max_num_fields = given.at("max_num_fields").get<std::uint64_t>();
        }
    }

    cppcgi::FormOptions form_options() const {
        cppcgi::FormOptions all = options;
        all.encoding = encoding;
        all.errors = errors;
        return all;
    }
    cppcgi::FormInput input(cppcgi::BodySource& source) const {
        cppcgi::FormInput in;
        in.method = method;
        if (content_type) in.content_type = *content_type;
        in.query_string = query;
        in.body = &source;
        return in;
    }

    Json json;
    std::string id;
    std::string method;
    std::optional<std::string> content_type;
    std::string query;
    std::string body;
    std::string encoding;
    std::string errors;
    cppcgi::FormOptions options;
};

}  // namespace cppcgi_test

#endif
