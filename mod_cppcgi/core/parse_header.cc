#include <cppcgi/parse_header.h>

#include "core/characters.h"

#include <algorithm>
#include <numeric>

namespace cppcgi {

namespace {

using detail::python_space;
using detail::trim;

// Takes the text up to the next semicolon that is not within quotes. Python counts the
// quotes and the \" before each semicolon and goes on while their difference is odd;
// without such a semicolon the rest is one parameter.
std::string_view take_parameter(std::string_view& rest) {
    bool odd = false;
    std::size_t end = 0;
    for (; end < rest.size(); ++end) {
        if (rest[end] == ';' && !odd) break;
        if (rest[end] == '"') odd = !odd;
        if (rest[end] == '\\' && rest.substr(end + 1, 1) == "\"") ++end;
    }
    const std::string_view parameter = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return trim(parameter, python_space);
}

std::string replace(std::string_view text, std::string_view from, char to) {
    std::string out;
    out.reserve(text.size());
    while (true) {
        const std::size_t found = text.find(from);
        out += text.substr(0, found);
        if (found == std::string_view::npos) return out;
        out += to;
        text.remove_prefix(found + from.size());
    }
}

// Two passes, one after the other, as in Python: \\" becomes a quote.
std::string unquote_parameter(std::string_view value) {
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') {
        return std::string(value);
    }
    value = value.substr(1, value.size() - 2);
    if (value.find('\\') == std::string_view::npos) return std::string(value);
    return replace(replace(value, "\\\\", '\\'), "\\\"", '"');
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), detail::to_lower);
    return out;
}

using Pairs = std::vector<Parameters::value_type>;

// Keeps each name once, at its first place with its last value, as a Python dict does.
// By sorting, so that a head of ten thousand parameters costs no quadratic time.
Pairs last_of_each(Pairs pairs) {
    std::vector<std::size_t> order(pairs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return pairs[a].first < pairs[b].first;
    });
    std::vector<bool> superseded(pairs.size());
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
        if (pairs[order[i]].first != pairs[order[first]].first) {
            first = i;
            continue;
        }
        pairs[order[first]].second = std::move(pairs[order[i]].second);
        superseded[order[i]] = true;
    }
    Pairs kept;
    kept.reserve(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (!superseded[i]) kept.push_back(std::move(pairs[i]));
    }
    return kept;
}

}  // namespace

ParsedHeader parse_header(std::string_view line) {
    ParsedHeader header{std::string(take_parameter(line)), {}};
    Pairs pairs;
    while (!line.empty()) {
        const std::string_view parameter = take_parameter(line);
        const std::size_t equals = parameter.find('=');
        if (equals == std::string_view::npos) continue;
        pairs.emplace_back(
            lower(trim(parameter.substr(0, equals), python_space)),
            unquote_parameter(trim(parameter.substr(equals + 1), python_space)));
    }
    header.params = Parameters(last_of_each(std::move(pairs)));
    return header;
}

}  // namespace cppcgi
