#include "module/registration.h"

#include "gateway/httpd/environ.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <cstring>
#include <http_core.h>
#include <string_view>

namespace cppcgi::module {

namespace {

std::string_view without_slashes(std::string_view path) noexcept {
    while (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

const char* keep(apr_pool_t* pool, std::string_view text) {
    return apr_pstrmemdup(pool, text.data(), text.size());
}

// `<Directory ~ "...">` is a regular expression too.
bool is_plain(const ap_directive_t* section, const char* path) noexcept {
    return path && section->args && *section->args != '~' && !apr_fnmatch_test(path);
}

std::string_view base_name(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);
}

// What stands behind the path of a Location in a URL, with its slash; null when the URL
// is not below it. As in httpd, several slashes of the URL match one of the section.
const char* behind(const char* uri, std::string_view path) noexcept {
    for (const char c : path) {
        if (*uri != c) return nullptr;
        ++uri;
        while (c == '/' && *uri == '/') ++uri;
    }
    return *uri == '\0' || *uri == '/' ? uri : nullptr;
}

// The first segment behind a Location: httpd takes it for a file name only when the
// directory before it exists.
std::string_view first_segment(const request_rec* r, const Section& section) noexcept {
    if (section.kind != SectionKind::location) return {};
    const char* rest = behind(r->uri, section.path);
    if (!rest) return {};
    while (*rest == '/') ++rest;
    const std::string_view view(rest);
    return view.substr(0, view.find('/'));
}

bool matches(const request_rec* r, const Registration& registration) noexcept {
    if (registration.file_name_count == 0) return true;
    const std::string_view name = base_name(r->filename ? r->filename : "");
    const std::string_view segment = first_segment(r, registration.section);
    for (int i = 0; i < registration.file_name_count; ++i) {
        const std::string_view wanted(registration.file_names[i]);
        if (wanted == name || wanted == segment) return true;
    }
    return false;
}

void split_location(request_rec* r, const char* path) {
    const char* rest = behind(r->uri, path);
    if (!rest) return;
    r->path_info = apr_pstrdup(r->pool, rest);
    r->filename = apr_pstrcat(r->pool, ap_document_root(r), path, nullptr);
    httpd::note_split(r);
}

void split_directory(request_rec* r, std::string_view path) {
    const char* whole =
        apr_pstrcat(r->pool, r->filename, r->path_info ? r->path_info : "", nullptr);
    const std::string_view whole_view(whole);
    if (!whole_view.starts_with(path)) return;
    const char* rest = whole + path.size();
    if (*rest != '\0' && *rest != '/') return;
    // An alias may map a URL to a path that ends differently; then httpd's split stands.
    if (!std::string_view(r->uri).ends_with(rest)) return;
    r->path_info = apr_pstrdup(r->pool, rest);
    r->filename = apr_pstrmemdup(r->pool, path.data(), path.size());
    httpd::note_split(r);
}

}  // namespace

Section section_of(cmd_parms* command) {
    const ap_directive_t* parent =
        command->directive ? command->directive->parent : nullptr;
    const auto plain = [&](SectionKind kind) {
        return Section{kind, keep(command->pool, without_slashes(command->path))};
    };
    // In .htaccess httpd gives the directory, and no section around it.
    if (!parent) return command->path ? plain(SectionKind::directory) : Section{};
    if (!is_plain(parent, command->path)) return {};
    if (strcasecmp(parent->directive, "<Directory") == 0)
        return plain(SectionKind::directory);
    if (strcasecmp(parent->directive, "<Location") == 0)
        return plain(SectionKind::location);
    return {};
}

const RegistrationList* join(apr_pool_t* pool, const RegistrationList* base,
                             const RegistrationList* added) {
    if (!base) return added;
    if (!added) return base;
    auto* head =
        static_cast<RegistrationList*>(apr_palloc(pool, sizeof(RegistrationList)));
    *head = {added->registration, join(pool, base, added->next)};
    return head;
}

const Registration* match_registration(const request_rec* r,
                                       const RegistrationList* list) {
    for (; list; list = list->next)
        if (matches(r, *list->registration)) return list->registration;
    return nullptr;
}

const Registration* find_registration(const request_rec* r,
                                      const RegistrationList* list) {
    const Registration* last = match_registration(r, list);
    return last && last->target ? last : nullptr;
}

void split_url(request_rec* r, const Registration& registration) {
    if (registration.file_name_count != 0) return;
    const Section& section = registration.section;
    if (section.kind == SectionKind::location) split_location(r, section.path);
    if (section.kind == SectionKind::directory && r->filename)
        split_directory(r, section.path);
}

}  // namespace cppcgi::module
