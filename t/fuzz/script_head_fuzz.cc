// A script's head: every way of cutting the output gives the same fields, fault and body,
// and what is accepted is fit for the wire. The first byte chooses the cuts.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/script_head.h"

using cppcgi::ScriptHead;

namespace {

std::string told(std::string_view input, std::size_t step) {
    // Small bounds, so that a short input reaches them.
    ScriptHead head({.max_line = 300, .max_head = 600, .max_fields = 5});
    std::string result;
    std::string body;
    for (std::size_t at = 0; at < input.size(); at += step) {
        const std::string_view piece = input.substr(at, step);
        body += piece.substr(head.feed(piece));
    }
    head.finish();
    result = text(head.fault());
    result += head.offending_line();
    if (head.refused()) return result;
    result += std::to_string(head.status());
    result += head.reason();
    for (std::size_t i = 0; i < head.size(); ++i) {
        const ScriptHead::Field field = head[i];
        if (field.name.empty()) std::abort();
        if (field.value.find_first_of(std::string_view("\r\n\0", 3)) !=
            std::string_view::npos) {
            std::abort();
        }
        result += std::string(field.name) + "=" + std::string(field.value) + "\n";
    }
    if (head.status() != 0 && (head.status() < 200 || head.status() > 599))
        std::abort();
    if (std::string(head.raw()) + body != input) std::abort();
    return result + "\n" + body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t step = data[0] % 23u + 1u;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = told(input, size);
    if (told(input, step) != whole || told(input, 1) != whole) std::abort();
    return 0;
}
