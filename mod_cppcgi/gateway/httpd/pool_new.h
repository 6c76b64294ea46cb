// C++ objects in APR pools.
#ifndef CPPCGI_GATEWAY_HTTPD_POOL_NEW_H
#define CPPCGI_GATEWAY_HTTPD_POOL_NEW_H

#include <apr_pools.h>

#include <new>
#include <type_traits>
#include <utility>

namespace cppcgi::httpd {

// What apr_palloc promises.
inline constexpr std::size_t pool_alignment = 8;

// A T in the pool, destroyed with it (not in the child of a fork). The destructor touches
// nothing in a child pool and nothing registered after it: those are gone by then.
template <class T, class... Args>
T* pool_new(apr_pool_t* pool, Args&&... args) {
    static_assert(alignof(T) <= pool_alignment, "APR aligns to 8 bytes");
    T* object = ::new (apr_palloc(pool, sizeof(T))) T(std::forward<Args>(args)...);
    if constexpr (!std::is_trivially_destructible_v<T>) {
        constexpr auto destroy = [](void* data) noexcept -> apr_status_t {
            static_cast<T*>(data)->~T();
            return APR_SUCCESS;
        };
        apr_pool_cleanup_register(pool, object, destroy, apr_pool_cleanup_null);
    }
    return object;
}

}  // namespace cppcgi::httpd

#endif
