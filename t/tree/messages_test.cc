// doc/errors.md against the source: each number that the source can log stands there and
// no other does, and each belongs to one message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

#include "t/tree/source_tree.h"

namespace cppcgi_test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Number and the places where a string of the source starts with it; none in comments.
using Places = std::map<std::string, std::vector<std::string>>;

Places numbers(const std::vector<std::string>& paths, const std::regex& form) {
    Places result;
    for (const std::string& path : paths) {
        std::istringstream lines(source(path));
        std::size_t number = 0;
        for (std::string line; std::getline(lines, line);) {
            ++number;
            if (const auto comment = line.find("//");
                path.ends_with(".h") || path.ends_with(".cc"))
                line.resize(std::min(line.size(), comment));
            for (std::sregex_iterator one(line.begin(), line.end(), form), end;
                 one != end; ++one)
                result[(*one)[1]].push_back(path + ":" + std::to_string(number));
        }
    }
    return result;
}

Places logged() {
    return numbers(files("mod_cppcgi", {".h", ".cc"}), std::regex(R"("(CPPCGI\d{4}))"));
}

// The rows of the page's tables; numbers may also be named in their text.
Places documented() {
    return numbers({"doc/errors.md"}, std::regex(R"(^\|\s*(CPPCGI\d{4})\b)"));
}

using Names = std::vector<std::string>;

// Those of the one that the other lacks, with their first place.
Names missing(const Places& from, const Places& in) {
    Names result;
    for (const auto& [number, places] : from)
        if (!in.contains(number)) result.push_back(number + " of " + places.front());
    return result;
}

std::string file_of(const std::string& place) {
    return place.substr(0, place.find(':'));
}

TEST(Messages, EachStandsInDocErrors) {
    EXPECT_FALSE(logged().empty());
    EXPECT_THAT(missing(logged(), documented()), IsEmpty());
}

TEST(Messages, DocErrorsNamesNoOther) {
    EXPECT_THAT(missing(documented(), logged()), IsEmpty());
}

TEST(Messages, ARowOfDocErrorsStandsOnce) {
    for (const auto& [number, places] : documented())
        EXPECT_THAT(places, SizeIs(1)) << number;
}

// The gateways for programs say in their log what the module says in the server's.
bool is_program(const std::string& file) {
    return file.starts_with("mod_cppcgi/gateway/") &&
           !file.starts_with("mod_cppcgi/gateway/httpd/");
}

// One cause may be met in two places, but then they stand together.
TEST(Messages, ANumberBelongsToOneFile) {
    Names spread;
    for (const auto& [number, places] : logged())
        for (const std::string& place : places)
            if (file_of(place) != file_of(places.front()) &&
                is_program(place) == is_program(places.front()))
                spread.push_back(number + " of " + places.front() + " and " + place);
    EXPECT_THAT(spread, IsEmpty());
}

}  // namespace
}  // namespace cppcgi_test
