// Answers with the build it is from at both ends of a page, and reads the form it is sent.
#include <cppcgi.h>

#include "rude.h"

namespace {

const volatile char end[] = "number of the end 1";

}  // namespace

CPPCGI_HANDLER(versioned, req, res) {
    const std::string number = build_number();
    std::size_t size = 0;
    for (const cppcgi::Field& field : req.form()) size += field.size();
    std::string last;
    for (const volatile char* c = end; *c; ++c) last += *c;
    res << number << " " << size << " " << std::string(8192, '.') << last;
}
