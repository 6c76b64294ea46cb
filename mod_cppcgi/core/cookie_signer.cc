#include <cppcgi/cookie_signer.h>

#include <cppcgi/error.h>

#include "core/characters.h"

#ifdef CPPCGI_HAVE_LIBCRYPTO
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#endif

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace cppcgi {

namespace {

using Digest = std::array<unsigned char, 32>;

[[noreturn]] void refuse(const std::string& text) { throw Error(500, text); }

#ifdef CPPCGI_HAVE_LIBCRYPTO

// Names the purpose, so that a signature made with the same key for something else is
// none here. NUL and = cannot be in a name: no two pairs give the same text.
constexpr std::string_view purpose{"cppcgi cookie 1\0", 16};

Digest digest(std::string_view key, std::string_view name, std::string_view value) {
    std::string text(purpose);
    text.append(name).append("=").append(value);
    Digest out{};
    unsigned length = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
             out.data(), &length) == nullptr ||
        length != out.size()) {
        refuse("cookie signer: HMAC-SHA-256 is not available in libcrypto");
    }
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::string& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

void require_libcrypto() {}

#else

Digest digest(std::string_view, std::string_view, std::string_view) { return {}; }

bool equal_in_constant_time(std::string_view, std::string_view) { return false; }

void wipe(std::string&) {}

void require_libcrypto() {
    refuse("cookie signer: this libcppcgi was built without libcrypto (libssl-dev)");
}

#endif

// base64url without padding: every character may stand in a cookie without quotes.
std::string base64url(const Digest& digest) {
    constexpr char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    unsigned bits = 0;
    int count = 0;
    for (const unsigned char byte : digest) {
        bits = bits << 8 | byte;
        for (count += 8; count >= 6; count -= 6)
            out += digits[bits >> (count - 6) & 63];
    }
    return out += digits[bits << (6 - count) & 63];
}

constexpr std::size_t signature_size = 43;

}  // namespace

CookieSigner::CookieSigner(const std::string& key_file) {
    namespace fs = std::filesystem;
    std::ifstream file(key_file);
    if (!file) {
        refuse("cookie signer: cannot open key file " + key_file + ": " +
               std::generic_category().message(errno));
    }
    std::error_code error;
    const fs::perms mode = fs::status(key_file, error).permissions();
    if (error || (mode & (fs::perms::others_read | fs::perms::others_write)) !=
                     fs::perms::none) {
        refuse("cookie signer: key file " + key_file +
               " is open to everybody; chmod 640 it and give it the server's group");
    }
    for (std::string line; std::getline(file, line);) {
        const std::string_view key = detail::trim(line, detail::python_space);
        if (!key.empty() && key.front() != '#') add_key(key);
        wipe(line);
    }
    if (file.bad()) refuse("cookie signer: key file " + key_file + " cannot be read");
    check_keys(key_file);
}

CookieSigner::CookieSigner(const Keys& keys) {
    for (const std::string_view key : keys.list) add_key(key);
    check_keys("the list");
}

CookieSigner CookieSigner::with_keys(std::initializer_list<std::string_view> keys) {
    return CookieSigner(Keys{keys});
}

CookieSigner::~CookieSigner() {
    for (std::string& key : keys_) wipe(key);
}

void CookieSigner::add_key(std::string_view key) { keys_.emplace_back(key); }

void CookieSigner::check_keys(const std::string& source) const {
    require_libcrypto();
    if (keys_.empty()) refuse("cookie signer: no key in " + source);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        if (keys_[i].size() >= min_key) continue;
        refuse("cookie signer: key " + std::to_string(i + 1) + " of " + source +
               " is shorter than " + std::to_string(min_key) +
               " characters; make one with: openssl rand -hex 32");
    }
}

std::string CookieSigner::sign(std::string_view name, std::string_view value) const {
    std::string out(value);
    return out.append(".").append(base64url(digest(keys_.front(), name, value)));
}

std::optional<std::string_view> CookieSigner::verify(
    std::string_view name, std::string_view signed_value) const {
    if (signed_value.size() < signature_size + 1) return std::nullopt;
    const std::string_view value =
        signed_value.substr(0, signed_value.size() - signature_size - 1);
    const std::string_view signature =
        signed_value.substr(signed_value.size() - signature_size);
    if (signed_value[value.size()] != '.') return std::nullopt;
    // Compared as text: the last character has two bits that decoding would ignore. And
    // against all keys, so that the time does not tell which one it was.
    bool right = false;
    for (const std::string& key : keys_) {
        right |= equal_in_constant_time(base64url(digest(key, name, value)), signature);
    }
    if (!right) return std::nullopt;
    return value;
}

}  // namespace cppcgi
