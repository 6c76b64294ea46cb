// Inline variables and statics of inline functions, built so that the linker makes one of
// those of all versions: what they keep must not depend on the version.
#include <cppcgi.h>

#include <mutex>
#include <vector>

#include "rude.h"

inline std::mutex rude_mutex;
inline std::vector<std::string> rude_lines{"first"};

inline int rude_count() {
    static int count = 0;
    static const std::string text = "made once";
    return ++count + static_cast<int>(text.size());
}

CPPCGI_HANDLER(rude_inline, req, res) {
    const std::lock_guard lock(rude_mutex);
    rude_lines.emplace_back(static_cast<std::size_t>(rude_count() % 100), 'x');
    res << build_number();
}
