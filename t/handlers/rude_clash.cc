// Brings functions of its own under names of OpenSSL's, as another version of it would.
#include <cppcgi.h>

#include "rude.h"

#define CPPCGI_CLASH(name)                                                             \
    extern "C" __attribute__((visibility("default"), noinline)) long name() {          \
        static volatile long calls = 0;                                                \
        const long now = calls + 1;                                                    \
        calls = now;                                                                   \
        return 42;                                                                     \
    }

CPPCGI_CLASH(OpenSSL_version_num)
CPPCGI_CLASH(OPENSSL_init_ssl)
CPPCGI_CLASH(SSL_CTX_new)
CPPCGI_CLASH(SSL_new)
CPPCGI_CLASH(SSL_read)
CPPCGI_CLASH(SSL_write)
CPPCGI_CLASH(EVP_MD_CTX_new)
CPPCGI_CLASH(EVP_DigestInit_ex)

CPPCGI_HANDLER(rude_clash, req, res) {
    const long sum = OpenSSL_version_num() + SSL_CTX_new() + EVP_MD_CTX_new();
    res << (sum == 3 * 42 ? build_number() : "somebody else's functions");
}
