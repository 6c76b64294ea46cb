// What the handlers of t/handlers/probe.cc say, and scripts that print their environment:
// NAME=VALUE lines.
#ifndef CPPCGI_T_HTTPD_VARIABLES_H
#define CPPCGI_T_HTTPD_VARIABLES_H

#include <map>
#include <sstream>
#include <string>

#include "t/httpd/client.h"

namespace cppcgi_test {

class Variables : public std::map<std::string, std::string> {
public:
    explicit Variables(const std::string& text) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t equals = line.find('=');
            if (equals != line.npos)
                emplace(line.substr(0, equals), line.substr(equals + 1));
        }
    }
    explicit Variables(const Reply& reply) : Variables(reply.body) {}

    // "(none)" for what is not there.
    std::string operator[](const std::string& name) const {
        const auto found = find(name);
        return found == end() ? "(none)" : found->second;
    }
};

}  // namespace cppcgi_test

#endif
