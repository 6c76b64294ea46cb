#include "module/library_copies.h"

#include <apr_strings.h>
#include <cstring>
#include <unistd.h>

namespace cppcgi::module {

namespace {

// Changes with the layout of LibraryCopy: an upgraded module must not read the records of
// the one before it.
constexpr const char* userdata_key = "mod_cppcgi library copies 2";

}  // namespace

LibraryCopies::LibraryCopies(process_rec* process) : process_(process) {
    void* found = nullptr;
    apr_pool_userdata_get(&found, userdata_key, process->pool);
    if (!found) {
        found = apr_pcalloc(process->pool, sizeof(List));
        apr_pool_userdata_set(found, userdata_key, apr_pool_cleanup_null,
                              process->pool);
    }
    list_ = static_cast<List*>(found);
}

LibraryCopy* LibraryCopies::find(const char* path, const host::FileKey& key) noexcept {
    for (LibraryCopy* copy = list_->first; copy; copy = copy->next)
        if (copy->key == key && std::strcmp(copy->path, path) == 0) return copy;
    return nullptr;
}

LibraryCopy* LibraryCopies::last_good(const char* path) noexcept {
    for (LibraryCopy* copy = list_->first; copy; copy = copy->next)
        if (copy->is_checked && std::strcmp(copy->path, path) == 0) return copy;
    return nullptr;
}

LibraryCopy* LibraryCopies::add(const char* path, const host::CopyResult& made) {
    apr_pool_t* pool = nullptr;
    apr_pool_create(&pool, process_->pool);
    apr_pool_tag(pool, "cppcgi_library_copy");
    auto* copy = ::new (apr_palloc(pool, sizeof(LibraryCopy))) LibraryCopy{};
    copy->path = apr_pstrdup(pool, path);
    copy->key = made.copy.key;
    copy->descriptor = made.copy.fd;
    if (made.warning)
        copy->warning = apr_pstrcat(pool, host::message_number(made.warning.cause),
                                    ": ", made.warning.text.c_str(), nullptr);
    copy->pool = pool;
    copy->next = list_->first;
    list_->first = copy;
    return copy;
}

void LibraryCopies::begin_sweep() noexcept {
    for (LibraryCopy* copy = list_->first; copy; copy = copy->next)
        copy->is_used = false;
}

void LibraryCopies::sweep() noexcept {
    LibraryCopy** link = &list_->first;
    while (LibraryCopy* copy = *link) {
        if (copy->is_used) {
            link = &copy->next;
            continue;
        }
        *link = copy->next;
        ::close(copy->descriptor);
        apr_pool_destroy(copy->pool);
    }
}

}  // namespace cppcgi::module
