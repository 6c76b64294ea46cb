// What keeps a service from files that permissions allow: SELinux, AppArmor, and systemd's
// restrictions, as far as the system's files tell. Reads only.
#ifndef CPPCGI_HOST_CONFINEMENT_H
#define CPPCGI_HOST_CONFINEMENT_H

#include <string>

#include "host/diagnosis.h"

namespace cppcgi::host {

// Adds what holds for `file`. `root` stands before /sys, /etc and /usr, for tests.
void examine_confinement(Diagnosis& diagnosis, const std::string& file,
                         const std::string& root = "");

}  // namespace cppcgi::host

#endif
