// A folder below the document root that suexec accepts, owned by the user that its programs
// run as, and gone with the object. Needs root, and apache2-suexec-custom, which reads that
// root from a file.
#ifndef CPPCGI_T_HTTPD_SUEXEC_PLACE_H
#define CPPCGI_T_HTTPD_SUEXEC_PLACE_H

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "t/httpd/server.h"

namespace cppcgi_test {

class SuexecPlace {
public:
    static constexpr uid_t user = 65534;
    static constexpr const char* configuration =
        "SuexecUserGroup \"#65534\" \"#65534\"\n";

    // Says why there can be none; empty when there is one.
    std::string make() {
        if (geteuid() != 0) return "only root can start a server with suexec";
        if (!std::filesystem::exists("/usr/lib/apache2/suexec-custom"))
            return "apache2-suexec-custom is not installed";
        std::ifstream settings("/etc/apache2/suexec/" + Server::user());
        std::string top;
        std::getline(settings, top);
        std::error_code error;
        std::filesystem::create_directories(top, error);
        std::string place = top + "/cppcgi-test-XXXXXX";
        if (!top.starts_with('/') || mkdtemp(place.data()) == nullptr)
            return "suexec names no document root that can be made";
        path_ = place;
        give(path_, 0755);
        return {};
    }
    SuexecPlace() = default;
    ~SuexecPlace() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    SuexecPlace(const SuexecPlace&) = delete;
    SuexecPlace& operator=(const SuexecPlace&) = delete;

    const std::string& path() const { return path_; }
    void put(const std::string& name, const std::string& text, unsigned mode) const {
        std::ofstream(path_ + "/" + name) << text;
        give(path_ + "/" + name, mode);
    }

private:
    static void give(const std::string& file, unsigned mode) {
        std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
        ASSERT_EQ(chown(file.c_str(), user, user), 0);
    }

    std::string path_;
};

}  // namespace cppcgi_test

#endif
