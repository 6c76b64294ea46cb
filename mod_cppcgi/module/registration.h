// CppCGIHandler as it was written: which handler, for what below which section. Lists of
// them are inherited; the last one that matches a request decides.
#ifndef CPPCGI_MODULE_REGISTRATION_H
#define CPPCGI_MODULE_REGISTRATION_H

#include <httpd.h>

#include <http_config.h>

namespace cppcgi::module {

struct Handler;

// Where the directive stands: this decides how SCRIPT_NAME and PATH_INFO are split.
enum class SectionKind {
    directory,  // <Directory> of a plain path, or .htaccess
    location,   // <Location> of a plain path
    other  // wildcards, regular expressions, Files, If, server level: as httpd splits
};

struct Section {
    SectionKind kind = SectionKind::other;
    const char* path = nullptr;  // without a trailing slash
};

// The section around a directive, read while the directive is.
Section section_of(cmd_parms* command);

struct Registration {
    const char* target;      // LIBRARY[:HANDLER] as written, or null for `none`
    const Handler* handler;  // null until it is resolved
    Handler* broken;         // the same, when it stands in for one that is missing
    Section section;
    const char* const* file_names;
    int file_name_count;      // 0: everything below the section
    const char* config_file;  // where it was written
    int config_line;
};

// Newest first. A list ends in that of the sections around it, which stays shared.
struct RegistrationList {
    const Registration* registration;
    const RegistrationList* next;
};

// The registrations of `added`, then those of `base`.
const RegistrationList* join(apr_pool_t* pool, const RegistrationList* base,
                             const RegistrationList* added);

// The last registration that matches this request, `none` included; null: no one does.
const Registration* match_registration(const request_rec* r,
                                       const RegistrationList* list);

// The registration that decides this request; null when there is none, or it is `none`.
const Registration* find_registration(const request_rec* r,
                                      const RegistrationList* list);

// Splits the URL as the section says: sets r->filename and r->path_info, from which httpd
// computes SCRIPT_NAME, PATH_INFO, PATH_TRANSLATED and SCRIPT_FILENAME. Does nothing to a
// registration with file names or in a section of the other kind.
void split_url(request_rec* r, const Registration& registration);

}  // namespace cppcgi::module

#endif
