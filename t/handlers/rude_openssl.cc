// Brings a whole OpenSSL, linked statically, all of whose names it exports.
#include <cppcgi.h>

#include <openssl/evp.h>

#include "rude.h"

CPPCGI_HANDLER(rude_openssl, req, res) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest("abc", 3, digest, &size, EVP_sha256(), nullptr) != 1 || size != 32 ||
        digest[0] != 0xba || digest[31] != 0xad)
        throw std::runtime_error("a wrong digest");
    res << build_number();
}
