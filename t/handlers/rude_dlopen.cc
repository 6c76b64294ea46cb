// Opens a further library at its first call and never closes it. With a query it calls
// what crashes there.
#include <cppcgi.h>

#include <dlfcn.h>

#include <stdexcept>

#include "rude.h"

CPPCGI_HANDLER(rude_dlopen, req, res) {
    static const std::string file(req.param("further").value_or(""));
    static void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (!library) throw std::runtime_error(dlerror());
    const auto function =
        reinterpret_cast<int (*)(int)>(dlsym(library, "rude_further"));
    function(req.query_string().empty() ? 7 : -1);
    res << build_number();
}
