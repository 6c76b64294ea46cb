// Urlencoded bodies. Invariants: the reader agrees with Python's parse_qsl as it is
// written below, however the body is cut, with and without vector units, in memory,
// borrowed and spooled; memory stays within a factor of the input; and the fields come
// back the same when they are quoted and read again. The first bytes choose the options.
#include <cppcgi/escape.h>
#include <cppcgi/parse.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/form_reader.h"
#include "t/form_description.h"

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using cppcgi::scan::Kernels;

void require(bool holds) {
    if (!holds) std::abort();
}

int hex(char c) {
    const std::size_t at = std::string_view("0123456789abcdefABCDEF").find(c);
    if (at == std::string_view::npos) return -1;
    return static_cast<int>(at < 16 ? at : at - 6);
}

std::string unquoted(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && text.size() - i > 2 && hex(text[i + 1]) >= 0 &&
            hex(text[i + 2]) >= 0) {
            out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

// urllib.parse.parse_qsl, in bytes; nothing where it raises.
std::optional<Pairs> python_parse_qsl(std::string_view text,
                                      const cppcgi::FormOptions& options) {
    Pairs pairs;
    if (text.empty()) return pairs;
    std::uint64_t pieces = 0;
    for (bool more = true; more;) {
        const std::size_t end = text.find(options.separator);
        const std::string_view piece = text.substr(0, end);
        more = end != std::string_view::npos;
        if (more) text.remove_prefix(end + 1);
        if (++pieces > options.max_num_fields.value_or(UINT64_MAX)) return {};
        if (piece.empty() && !options.strict_parsing) continue;
        const std::size_t equals = piece.find('=');
        if (equals == std::string_view::npos) {
            if (options.strict_parsing) return {};
            if (options.keep_blank_values) pairs.emplace_back(unquoted(piece), "");
            continue;
        }
        const std::string_view value = piece.substr(equals + 1);
        if (value.empty() && !options.keep_blank_values) continue;
        pairs.emplace_back(unquoted(piece.substr(0, equals)), unquoted(value));
    }
    return pairs;
}

struct Case {
    std::string_view body;
    cppcgi::FormOptions options;
    std::uint64_t max_memory = 256u << 10;
    bool borrow = false;
};

// Nothing when the form is refused; `beyond` says when that is for its memory.
std::optional<Pairs> told(const Case& one, cppcgi::BodySource& source,
                          const Kernels& kernels = cppcgi::scan::best(),
                          bool* beyond = nullptr) {
    cppcgi::FormInput input;
    input.method = "POST";
    input.body = &source;
    input.borrow = one.borrow;
    cppcgi::Limits limits;
    limits.max_memory = one.max_memory;
    limits.max_fields = UINT64_MAX;
    cppcgi::FormOptions options = one.options;
    options.encoding = "latin-1";  // so that names are bytes again, whatever they are
    const auto form = cppcgi::detail::read_form(input, limits, options, kernels);
    require(form->memory() <= 70 * one.body.size() + 140000);
    if (beyond != nullptr) *beyond = form->fault.code == cppcgi::errc::max_memory;
    if (form->fault) return {};
    Pairs pairs;
    for (std::size_t i = 0; i < form->fields.size(); ++i) {
        const cppcgi::Field& field = form->fields[i];
        std::string name;
        for (std::size_t k = 0; k < field.name().size(); ++k) {
            const auto byte = static_cast<unsigned char>(field.name()[k]);
            if (byte < 0x80) {
                name += static_cast<char>(byte);
            } else {
                const auto low = static_cast<unsigned char>(field.name()[++k]);
                name += static_cast<char>((byte & 3) << 6 | (low & 0x3f));
            }
        }
        pairs.emplace_back(std::move(name), field.value());
    }
    return pairs;
}

void check_round_trip(const Pairs& pairs) {
    std::string query;
    for (const auto& [name, value] : pairs) {
        if (!query.empty()) query += '&';
        query += cppcgi::quote_plus(name) + '=' + cppcgi::quote_plus(value);
    }
    require(python_parse_qsl(query, {.keep_blank_values = true}) == pairs);
    Case one{query, {.keep_blank_values = true}};
    cppcgi::MemoryBody source(query);
    require(told(one, source) == pairs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    Case one{{reinterpret_cast<const char*>(data) + 3, size - 3}, {}};
    one.options.keep_blank_values = (data[0] & 1) != 0;
    one.options.strict_parsing = (data[0] & 2) != 0;
    if ((data[0] & 4) != 0) one.options.separator = ';';
    if ((data[0] & 8) != 0) one.options.max_num_fields = data[0] >> 4;

    const std::optional<Pairs> wanted = python_parse_qsl(one.body, one.options);
    cppcgi::MemoryBody whole(one.body);
    require(told(one, whole) == wanted);
    cppcgi::MemoryBody again(one.body);
    require(told(one, again, cppcgi::scan::plain) == wanted);
    const std::size_t step = data[1] % 67u + 1u;
    for (const std::size_t slice : {std::size_t{1}, step}) {
        cppcgi::MemoryBody cut(one.body, slice);
        require(told(one, cut) == wanted);
    }
    cppcgi_test::CutBody at_random(one.body, {data[2] * one.body.size() / 256});
    require(told(one, at_random) == wanted);
    Case borrowed = one;
    borrowed.borrow = true;
    for (const std::size_t slice : {SIZE_MAX, step}) {
        cppcgi::MemoryBody source(one.body, slice);
        require(told(borrowed, source) == wanted);
    }
    if (data[1] < 32) {
        Case spooled = one;
        spooled.max_memory = data[2] % 64u;
        cppcgi::MemoryBody source(one.body, step);
        bool beyond = false;
        const auto pairs = told(spooled, source, cppcgi::scan::best(), &beyond);
        require(beyond || pairs == wanted);
    }
    if (wanted) check_round_trip(*wanted);
    return 0;
}
