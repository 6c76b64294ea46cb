#include "module/own_library.h"

#include <cppcgi/abi.h>

#include "gateway/httpd/log.h"

#include <dlfcn.h>
#include <unistd.h>

#ifndef CPPCGI_LIBDIR
#define CPPCGI_LIBDIR "/usr/local/lib"
#endif

namespace cppcgi::module {

std::string find_own_library() {
    constexpr const char* soname = "/libcppcgi.so.1";
    Dl_info self{};
    if (dladdr(&cppcgi_module, &self) != 0 && self.dli_fname) {
        const std::string file(self.dli_fname);
        const std::string beside = file.substr(0, file.rfind('/')) + soname;
        if (access(beside.c_str(), R_OK) == 0) return beside;
    }
    const std::string installed = std::string(CPPCGI_LIBDIR) + soname;
    return access(installed.c_str(), R_OK) == 0 ? installed : "";
}

}  // namespace cppcgi::module
