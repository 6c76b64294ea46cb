// What the tests of the table of faults share: each number is provoked once, and the
// doctor is asked about the same file.
#ifndef CPPCGI_T_HTTPD_FAULTS_H
#define CPPCGI_T_HTTPD_FAULTS_H

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "t/httpd/scripts.h"

namespace cppcgi_test {

class FaultTest : public ScriptTest {
protected:
    static std::string doctor_program() { return build_dir() / "bin/cppcgi"; }
    // False where the command is not built.
    static bool has_doctor() { return std::filesystem::exists(doctor_program()); }

    // `by` is a program that runs the doctor, and `more` are options.
    Exit doctor(const std::string& file, const std::vector<std::string>& more = {},
                std::vector<std::string> by = {}) {
        by.insert(by.end(), {doctor_program(), "doctor", file});
        if (!Server::user().empty()) by.insert(by.end(), {"--user", Server::user()});
        by.insert(by.end(), more.begin(), more.end());
        return run(by);
    }

    // That the doctor finds this fault and no other.
    void expect_diagnosis(const std::string& file, const std::string& number,
                          const std::vector<std::string>& more = {},
                          const std::vector<std::string>& by = {}) {
        if (!has_doctor()) return;
        const Exit said = doctor(file, more, by);
        EXPECT_EQ(said.status, 1) << said.output;
        EXPECT_THAT(said.output, ::testing::ContainsRegex("FAULT[^\n]*" + number))
            << file;
        std::size_t faults = 0;
        for (std::size_t at = said.output.find("FAULT"); at != std::string::npos;
             at = said.output.find("FAULT", at + 1))
            ++faults;
        EXPECT_EQ(faults, 1u) << "one cause: " << said.output;
    }

    void expect_new(const std::string& number) {
        EXPECT_TRUE(numbers_.insert(number).second) << number << " twice";
    }

    std::set<std::string> numbers_;
};

}  // namespace cppcgi_test

#endif
