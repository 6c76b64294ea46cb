// Escaping by place: no byte of an argument is markup in the page, an attribute gives the
// argument back when it is read, and no URL runs.
#include <cppcgi/html.h>

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

// What stands between two marks in the page, its entities read back.
std::string read_back(std::string_view escaped) {
    constexpr struct {
        std::string_view entity;
        char character;
    } entities[] = {{"&amp;", '&'},
                    {"&lt;", '<'},
                    {"&gt;", '>'},
                    {"&quot;", '"'},
                    {"&#x27;", '\''}};
    std::string text;
    while (!escaped.empty()) {
        const char c = escaped.front();
        demand(c != '<' && c != '>' && c != '"' && c != '\'');
        if (c != '&') {
            text += c;
            escaped.remove_prefix(1);
            continue;
        }
        bool known = false;
        for (const auto& [entity, character] : entities) {
            if (!escaped.starts_with(entity)) continue;
            text += character;
            escaped.remove_prefix(entity.size());
            known = true;
            break;
        }
        demand(known);
    }
    return text;
}

// Takes the page apart at its own literals, which no argument can hold.
std::string_view between(std::string_view& page, std::string_view before,
                         std::string_view behind) {
    demand(page.starts_with(before));
    page.remove_prefix(before.size());
    const std::size_t end = page.find(behind);
    demand(end != page.npos);
    const std::string_view found = page.substr(0, end);
    page.remove_prefix(end);
    return found;
}

// The URL standard's way to a scheme.
bool runs(std::string_view url) {
    std::string plain;
    for (const char c : url) {
        if (c == '\t' || c == '\n' || c == '\r') continue;
        if (plain.empty() && static_cast<unsigned char>(c) <= ' ') continue;
        plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return plain.starts_with("javascript:") || plain.starts_with("vbscript:") ||
           plain.starts_with("data:");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    const std::string whole =
        cppcgi::html("<p title=\"{}\" id='{}'>{}</p><a href=\"{}\">{{}}</a>", value,
                     value, value, value)
            .markup();
    std::string_view page = whole;
    demand(read_back(between(page, "<p title=\"", "\" id='")) == value);
    demand(read_back(between(page, "\" id='", "'>")) == value);
    demand(read_back(between(page, "'>", "</p><a href=\"")) == value);
    const std::string url = read_back(between(page, "</p><a href=\"", "\">"));
    demand(page == "\">{}</a>");
    demand(!runs(url));
    demand(url == value || url == "about:invalid#refused");
    return 0;
}
