// The boundary parameter of a multipart type. No state.
#ifndef CPPCGI_CORE_BOUNDARY_H
#define CPPCGI_CORE_BOUNDARY_H

#include <cppcgi/error.h>

#include <string>
#include <string_view>

namespace cppcgi::detail {

struct Boundary {
    std::string text;
    // Outside what RFC 2046 section 5.1.1 allows: taken when it is in the body.
    bool unusual = false;
};

// From a whole Content-Type value.
Result<Boundary> boundary_of(std::string_view content_type);

// The same rules for a boundary that somebody passes by itself.
Result<Boundary> checked_boundary(std::string_view boundary);

}  // namespace cppcgi::detail

#endif
