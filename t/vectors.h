// The test vectors of a family: the project's own in t/vectors, and those that lie beside
// the checkout in ../shared/vectors (or below CPPCGI_VECTORS), when they are there.
#ifndef CPPCGI_T_VECTORS_H
#define CPPCGI_T_VECTORS_H

#include "t/process.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace cppcgi_test {

using Json = nlohmann::json;

inline std::vector<Json> read_vectors(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) return {};
    return Json::parse(file).at("vectors").get<std::vector<Json>>();
}

inline std::vector<Json> vectors(const std::string& family) {
    const std::filesystem::path top = source_dir();
    std::vector<Json> all = read_vectors(top / "t/vectors" / (family + ".json"));
    if (all.empty()) throw std::runtime_error("t/vectors/" + family + ".json is empty");
    const char* named = std::getenv("CPPCGI_VECTORS");
    const std::filesystem::path folder =
        named != nullptr ? named : top / "../shared/vectors";
    for (Json& vector : read_vectors(folder / (family + ".json"))) {
        all.push_back(std::move(vector));
    }
    return all;
}

// True when `answer` is what the vector expects or accepts.
inline bool is_right(const Json& vector, const Json& answer) {
    const auto fits = [&answer](const Json& wanted) {
        if (wanted.is_object() && wanted.contains("error"))
            return answer.contains("error");
        return wanted == answer;
    };
    if (fits(vector.at("expected"))) return true;
    for (const Json& wanted : vector.value("accept", Json::array())) {
        if (fits(wanted)) return true;
    }
    return false;
}

}  // namespace cppcgi_test

#endif
