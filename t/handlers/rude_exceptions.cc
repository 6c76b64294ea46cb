// Exceptions of types of its own, caught inside and, with a query, outside.
#include <cppcgi.h>

#include <stdexcept>

#include "rude.h"

namespace rude {

struct OutOfTea : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct OfNoBase {
    std::string text = build_number();
};

}  // namespace rude

CPPCGI_HANDLER(rude_exceptions, req, res) {
    const std::string_view query = req.query_string();
    if (query == "derived") throw rude::OutOfTea("no tea in " + build_number());
    if (query == "other") throw rude::OfNoBase();
    try {
        throw rude::OfNoBase();
    } catch (const rude::OfNoBase& caught) {
        res << caught.text;
    }
}
