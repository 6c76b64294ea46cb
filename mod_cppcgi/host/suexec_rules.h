// The rules by which suexec starts a script as another user, asked one by one beforehand:
// suexec itself tells the client nothing and its log one line. Reads only.
#ifndef CPPCGI_HOST_SUEXEC_RULES_H
#define CPPCGI_HOST_SUEXEC_RULES_H

#include <string>

#include "host/diagnosis.h"

namespace cppcgi::host {

struct SuexecQuestion {
    std::string file;                  // absolute
    std::string user;                  // SuexecUserGroup USER GROUP
    std::string group;                 // "" for the user's own
    std::string docroot = "/var/www";  // AP_DOC_ROOT of suexec -V
    unsigned least_id = 100;           // AP_UID_MIN, AP_GID_MIN
};

void examine_suexec(Diagnosis& diagnosis, const SuexecQuestion& question);

}  // namespace cppcgi::host

#endif
