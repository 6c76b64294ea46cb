#include "host/confinement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "t/scratch_directory.h"

namespace cppcgi::host {
namespace {

using cppcgi_test::ScratchDirectory;
using ::testing::HasSubstr;

class Confinement : public ::testing::Test {
protected:
    void write(const std::string& name, const std::string& text) {
        const std::filesystem::path path = root_ / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    std::vector<Finding> of(const std::string& file) {
        Diagnosis diagnosis;
        examine_confinement(diagnosis, file, root_.path());
        return diagnosis.findings;
    }

    ScratchDirectory root_;
};

TEST_F(Confinement, NothingThereIsNothingToSay) {
    EXPECT_TRUE(of("/srv/a.cgi").empty());
}

TEST_F(Confinement, PrivateTmpHidesAScriptInTmp) {
    write("lib/systemd/system/apache2.service", "[Service]\nPrivateTmp=true\n");
    const std::vector<Finding> in_tmp = of("/tmp/a.cgi");
    ASSERT_EQ(in_tmp.size(), 1u);
    EXPECT_EQ(in_tmp[0].severity, Severity::warning);
    EXPECT_THAT(in_tmp[0].text, HasSubstr("PrivateTmp=true"));
    EXPECT_EQ(in_tmp[0].command, "systemctl edit apache2.service");
    EXPECT_EQ(of("/srv/a.cgi").at(0).severity, Severity::note);
    EXPECT_EQ(of("/tmpfiles/a.cgi").at(0).severity, Severity::note);
}

TEST_F(Confinement, ADropInOfTheAdministratorWins) {
    write("lib/systemd/system/httpd.service", "PrivateTmp=true\nNoNewPrivileges=yes\n");
    write("etc/systemd/system/httpd.service.d/own.conf", "[Service]\nPrivateTmp=no\n");
    const std::vector<Finding> found = of("/tmp/a.cgi");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_THAT(found[0].text, HasSubstr("NoNewPrivileges=yes"));
    EXPECT_THAT(found[0].text, HasSubstr("suexec"));
}

TEST_F(Confinement, NoExecPathsAndProtectHomeNameTheFile) {
    write("etc/systemd/system/apache2.service",
          "ProtectHome=tmpfs\nNoExecPaths=/srv/data -/mnt\n");
    EXPECT_EQ(of("/home/me/a.cgi").at(0).severity, Severity::warning);
    EXPECT_EQ(of("/srv/data/a.cgi").at(1).severity, Severity::warning);
    EXPECT_EQ(of("/mnt/a.cgi").at(1).severity, Severity::warning);
    EXPECT_EQ(of("/srv/database.cgi").at(1).severity, Severity::note);
}

TEST_F(Confinement, SelinuxWantsALabel) {
    write("sys/fs/selinux/enforce", "1");
    const std::vector<Finding> found = of("/srv/a.cgi");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].command, "chcon -t httpd_sys_script_exec_t /srv/a.cgi");
    write("sys/fs/selinux/enforce", "0");
    EXPECT_EQ(of("/srv/a.cgi").at(0).severity, Severity::note);
}

TEST_F(Confinement, AppArmorIsNamedWhereItConfinesTheServer) {
    write("sys/kernel/security/apparmor/profiles",
          "/usr/sbin/cupsd (enforce)\n/usr/sbin/apache2 (enforce)\n");
    EXPECT_THAT(of("/srv/a.cgi").at(0).text, HasSubstr("/usr/sbin/apache2"));
    write("sys/kernel/security/apparmor/profiles", "/usr/sbin/apache2 (complain)\n");
    EXPECT_TRUE(of("/srv/a.cgi").empty());
}

}  // namespace
}  // namespace cppcgi::host
