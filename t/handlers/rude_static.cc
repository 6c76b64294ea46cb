// Static objects with destructors, of the file and of a function.
#include <cppcgi.h>

#include <map>
#include <memory>
#include <mutex>

#include "rude.h"

namespace {

std::mutex mutex;

struct Cache {
    std::map<std::string, std::unique_ptr<std::string>> entries;
    ~Cache() {
        const std::lock_guard lock(mutex);
        for (auto& [name, entry] : entries) entry->assign(100, 'x');
    }
};

Cache of_the_file;

}  // namespace

CPPCGI_HANDLER(rude_static, req, res) {
    static Cache of_the_function;
    const std::lock_guard lock(mutex);
    for (Cache* cache : {&of_the_file, &of_the_function})
        cache->entries["build"] = std::make_unique<std::string>(build_number());
    res << *of_the_function.entries["build"];
}
