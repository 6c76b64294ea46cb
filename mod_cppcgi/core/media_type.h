// The media type of a file by its name, where no server says: the few types that sites are
// made of.
#ifndef CPPCGI_CORE_MEDIA_TYPE_H
#define CPPCGI_CORE_MEDIA_TYPE_H

#include "core/characters.h"

#include <string_view>

namespace cppcgi::detail {

// What browsers save and never show.
inline constexpr std::string_view unknown_media_type = "application/octet-stream";

constexpr std::string_view media_type_of(std::string_view name) noexcept {
    struct Type {
        std::string_view extension;
        std::string_view type;
    };
    constexpr Type types[] = {
        {"avif", "image/avif"},     {"css", "text/css"},
        {"csv", "text/csv"},        {"gif", "image/gif"},
        {"gz", "application/gzip"}, {"htm", "text/html"},
        {"html", "text/html"},      {"ico", "image/vnd.microsoft.icon"},
        {"jpeg", "image/jpeg"},     {"jpg", "image/jpeg"},
        {"js", "text/javascript"},  {"json", "application/json"},
        {"mjs", "text/javascript"}, {"mp3", "audio/mpeg"},
        {"mp4", "video/mp4"},       {"ogg", "audio/ogg"},
        {"pdf", "application/pdf"}, {"png", "image/png"},
        {"svg", "image/svg+xml"},   {"tar", "application/x-tar"},
        {"txt", "text/plain"},      {"wasm", "application/wasm"},
        {"wav", "audio/x-wav"},     {"webm", "video/webm"},
        {"webp", "image/webp"},     {"woff", "font/woff"},
        {"woff2", "font/woff2"},    {"xml", "application/xml"},
        {"zip", "application/zip"}};
    const std::size_t dot = name.find_last_of("./");
    if (dot == name.npos || name[dot] == '/') return unknown_media_type;
    for (const Type& type : types)
        if (equal_no_case(name.substr(dot + 1), type.extension)) return type.type;
    return unknown_media_type;
}

}  // namespace cppcgi::detail

#endif
