// cgi.parse_header of Python 3.11, line by line: what ours is held against. Quadratic, as
// there.
#ifndef CPPCGI_T_PARSE_HEADER_ORACLE_H
#define CPPCGI_T_PARSE_HEADER_ORACLE_H

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cppcgi_test {

inline std::string python_strip(const std::string& text) {
    const std::string space = "\t\n\v\f\r\x1c\x1d\x1e\x1f ";
    const std::size_t begin = text.find_first_not_of(space);
    if (begin == std::string::npos) return "";
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

inline long python_count(const std::string& text, const std::string& what) {
    long count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + what.size())) {
        ++count;
    }
    return count;
}

inline std::string python_replace(std::string text, const std::string& from,
                                  const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

inline std::vector<std::string> python_parameters(std::string s) {
    std::vector<std::string> parameters;
    while (s.substr(0, 1) == ";") {
        s.erase(0, 1);
        std::size_t end = s.find(';');
        while (end != std::string::npos && end > 0) {
            const std::string front = s.substr(0, end);
            if ((python_count(front, "\"") - python_count(front, "\\\"")) % 2 == 0)
                break;
            end = s.find(';', end + 1);
        }
        if (end == std::string::npos) end = s.size();
        parameters.push_back(python_strip(s.substr(0, end)));
        s.erase(0, end);
    }
    return parameters;
}

inline std::pair<std::string, std::map<std::string, std::string>> python_parse_header(
    const std::string& line) {
    std::vector<std::string> parts = python_parameters(";" + line);
    std::map<std::string, std::string> parameters;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::size_t equals = parts[i].find('=');
        if (equals == std::string::npos) continue;
        std::string name = python_strip(parts[i].substr(0, equals));
        for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        std::string value = python_strip(parts[i].substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
            value = python_replace(value, "\\\\", "\\");
            value = python_replace(value, "\\\"", "\"");
        }
        parameters[name] = value;
    }
    return {parts.front(), parameters};
}

}  // namespace cppcgi_test

#endif
