// The bounds on a form. All are on by default; a host overrides them per request (in
// httpd by the directive named beside each). Plain values, freely copied.
#ifndef CPPCGI_LIMITS_H
#define CPPCGI_LIMITS_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace cppcgi {

struct Limits {
    // Bytes of a form's body, after transfer and content decoding (CppCGIMaxBody). Large
    // enough for a phone's photographs, small enough for a disk shared by 100 requests.
    std::uint64_t max_body = 64u << 20;
    // Bytes of one field that is no file (CppCGIMaxField): text typed by a person.
    std::uint64_t max_field = 1u << 20;
    // Bytes of one uploaded file (CppCGIMaxFile).
    std::uint64_t max_file = 64u << 20;
    // Bytes of form data held in memory per request, overhead included, before it is
    // spooled (CppCGIMaxMemory).
    std::uint64_t max_memory = 256u << 10;
    // Fields of a form, empty, dropped and nested ones counted (CppCGIMaxFields).
    std::uint64_t max_fields = 1000;
    // Bytes of one part's head, delimiter line excluded (CppCGIMaxPartHeader).
    std::uint64_t max_part_header = 16u << 10;
    // Depth of multipart inside the form, which itself does not count (CppCGIMaxNesting).
    std::uint32_t max_nesting = 2;
    // Where large fields are spooled, unlinked at once (CppCGISpoolDir). Empty: TMPDIR,
    // else /tmp.
    std::string spool_dir;
    // Room for bounds to come within this SONAME.
    std::uint64_t reserved[4] = {};
};

}  // namespace cppcgi

#endif
