#include "module/own_library.h"

#include <cppcgi/abi.h>

#include "gateway/httpd/log.h"

#include <dlfcn.h>

namespace cppcgi::module {

std::array<std::string, 2> own_library_paths() {
    constexpr const char* soname = "/libcppcgi.so.1";
    std::string directory = CPPCGI_LIBDIR;
    Dl_info self{};
    if (dladdr(&cppcgi_module, &self) != 0 && self.dli_fname) {
        const std::string file(self.dli_fname);
        directory = file.substr(0, file.rfind('/'));
    }
    return {directory + soname, std::string(CPPCGI_LIBDIR) + soname};
}

}  // namespace cppcgi::module
