#include "host/script_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "host/suexec_rules.h"
#include "t/scratch_directory.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::ScratchDirectory;
using ::testing::HasSubstr;

class ScriptDiagnosis : public ::testing::Test {
protected:
    std::string write(const std::string& text, mode_t mode = 0755) {
        return scratch_.write("a b.cgi", text, mode);
    }
    // The only fault, which must be the only one.
    Finding fault_of(const std::string& file) {
        char path[] = "PATH=/usr/bin:/bin";
        char* const environment[] = {path, nullptr};
        const Diagnosis diagnosis =
            diagnose_script(file, current_identity(), environment);
        std::vector<Finding> faults;
        for (const Finding& finding : diagnosis.findings)
            if (finding.severity == Severity::fault) faults.push_back(finding);
        EXPECT_EQ(faults.size(), 1u);
        return faults.empty() ? Finding{} : faults[0];
    }
    // Runs the command; then the fault is gone.
    void expect_repaired(const std::string& file) {
        const Finding fault = fault_of(file);
        ASSERT_NE(fault.command, "") << fault.text;
        ASSERT_EQ(std::system(fault.command.c_str()), 0) << fault.command;
        char path[] = "PATH=/usr/bin:/bin";
        char* const environment[] = {path, nullptr};
        EXPECT_FALSE(diagnose_script(file, current_identity(), environment).has_fault())
            << fault.command;
    }

    ScratchDirectory scratch_;
};

TEST_F(ScriptDiagnosis, ItsCommandRepairsTheFault) {
    expect_repaired(write("#!/bin/sh\n", 0644));
    expect_repaired(write("#!/bin/sh\r\necho\r\n"));
    expect_repaired(write("\xef\xbb\xbf#!/bin/sh\n"));
    expect_repaired(write("echo\n"));
    expect_repaired(write("#!/usr/local/no/sh\n"));
    expect_repaired(write("#!/usr/bin/env sh -e\n"));
}

TEST_F(ScriptDiagnosis, SaysEachStepOfTheWay) {
    char* const environment[] = {nullptr};
    const Diagnosis diagnosis =
        diagnose_script(write("#!/bin/sh\n"), current_identity(), environment);
    EXPECT_FALSE(diagnosis.has_fault());
    std::string all;
    for (const Finding& finding : diagnosis.findings) all += finding.text + "\n";
    EXPECT_THAT(all, HasSubstr(" may search / (mode"));
    EXPECT_THAT(all, HasSubstr(" may execute "));
    EXPECT_THAT(all, HasSubstr("#!/bin/sh"));
}

TEST_F(ScriptDiagnosis, SuexecIsAskedRuleByRule) {
    const std::string file = write("#!/bin/sh\n", 0777);
    Diagnosis diagnosis;
    examine_suexec(diagnosis, {.file = file, .user = "nobody", .group = ""});
    std::string faults;
    for (const Finding& finding : diagnosis.findings)
        if (finding.severity == Severity::fault)
            faults += finding.text + "|" + finding.command + "\n";
    EXPECT_THAT(faults, HasSubstr("the script lies below /var/www"));
    EXPECT_THAT(faults, HasSubstr("|chmod go-w " + file));
    EXPECT_THAT(faults, HasSubstr("the script belongs to nobody:"));
    Diagnosis unknown;
    examine_suexec(unknown, {.file = file, .user = "no-such-user", .group = ""});
    EXPECT_TRUE(unknown.has_fault());
}

}  // namespace
}  // namespace cppcgi::host
