// Which bytes HTML text and quoted attributes cannot hold, and what stands for them there.
#ifndef CPPCGI_CORE_MARKUP_H
#define CPPCGI_CORE_MARKUP_H

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace cppcgi::detail {

// What a byte becomes; empty for itself.
using EntityTable = std::array<std::string_view, 256>;

inline constexpr EntityTable markup_entities = [] {
    EntityTable table{};
    table['&'] = "&amp;";
    table['<'] = "&lt;";
    table['>'] = "&gt;";
    return table;
}();

inline constexpr EntityTable markup_and_quote_entities = [] {
    EntityTable table = markup_entities;
    table['"'] = "&quot;";
    table['\''] = "&#x27;";
    return table;
}();

// Writes the text with these bytes replaced to anything with write(std::string_view).
template <class Sink>
void write_escaped(Sink& sink, std::string_view text,
                   const EntityTable& entities = markup_and_quote_entities) {
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view entity = entities[static_cast<unsigned char>(text[i])];
        if (entity.empty()) continue;
        if (i != start) sink.write(text.substr(start, i - start));
        sink.write(entity);
        start = i + 1;
    }
    if (start != text.size()) sink.write(text.substr(start));
}

// A std::string to write to.
struct StringSink {
    std::string& out;
    void write(std::string_view text) { out.append(text); }
};

}  // namespace cppcgi::detail

#endif
