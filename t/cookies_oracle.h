// Reads a Cookie header as the rule says, without any thought of speed: what the real
// reader is held against.
#ifndef CPPCGI_T_COOKIES_ORACLE_H
#define CPPCGI_T_COOKIES_ORACLE_H

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace cppcgi_test {

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline Pairs read_cookies_simply(const std::string& text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    const auto trim = [&](std::string s) {
        while (!s.empty() && blank(s.back())) s.pop_back();
        while (!s.empty() && blank(s.front())) s.erase(0, 1);
        return s;
    };
    Pairs list;
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t name_end = std::min(text.find_first_of("=;", i), text.size());
        const std::string name = trim(text.substr(i, name_end - i));
        i = name_end + 1;
        if (name_end == text.size() || text[name_end] == ';') continue;
        while (i < text.size() && blank(text[i])) ++i;
        std::string value;
        std::size_t end = std::string::npos;
        if (i < text.size() && text[i] == '"') {
            for (std::size_t k = i + 1; k < text.size(); ++k) {
                if (text[k] == '"') {
                    end = k + 1;
                    break;
                }
                if (text[k] == '\\' && k + 3 < text.size() && text[k + 1] >= '0' &&
                    text[k + 1] < '4' && text[k + 2] >= '0' && text[k + 2] < '8' &&
                    text[k + 3] >= '0' && text[k + 3] < '8') {
                    value +=
                        static_cast<char>(std::stoi(text.substr(k + 1, 3), nullptr, 8));
                    k += 3;
                } else if (text[k] == '\\') {
                    if (++k < text.size()) value += text[k];
                } else {
                    value += text[k];
                }
            }
            while (end < text.size() && blank(text[end])) ++end;
            if (end < text.size() && text[end] != ';') end = std::string::npos;
        }
        if (end == std::string::npos) {
            end = std::min(text.find(';', i), text.size());
            value = trim(text.substr(std::min(i, end), end - std::min(i, end)));
        }
        if (!name.empty()) list.emplace_back(name, value);
        i = end + 1;
    }
    return list;
}

}  // namespace cppcgi_test

#endif
