#include <cppcgi/cookie_signer.h>

#include <cppcgi/cookie.h>
#include <cppcgi/cookies.h>
#include <cppcgi/error.h>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace cppcgi {
namespace {

constexpr std::string_view old_key = "0123456789abcdef0123456789abcdef";
constexpr std::string_view new_key = "fedcba9876543210fedcba9876543210";

// A key file in a directory of its own, gone with the object.
class KeyFile {
public:
    explicit KeyFile(const std::string& text, mode_t mode = 0640) {
        if (mkdtemp(directory_) == nullptr) throw std::runtime_error("mkdtemp");
        std::ofstream(path()) << text;
        if (chmod(path().c_str(), mode) != 0) throw std::runtime_error("chmod");
    }
    ~KeyFile() {
        unlink(path().c_str());
        rmdir(directory_);
    }
    std::string path() const { return std::string(directory_) + "/keys"; }

private:
    char directory_[32] = "/tmp/cppcgi-keys-XXXXXX";
};

std::string refusal(const std::string& key_file) {
    try {
        CookieSigner signer(key_file);
    } catch (const Error& error) {
        EXPECT_EQ(error.status(), 500);
        return error.what();
    }
    return "";
}

TEST(CookieSigner, VerifiesWhatItSigned) {
    const CookieSigner signer = CookieSigner::with_keys({old_key});
    for (const std::string_view value : {"", "ann", "a.b.c", "\xff;\" "}) {
        const std::string cookie = signer.sign("user", value);
        EXPECT_EQ(signer.verify("user", cookie), value) << cookie;
    }
}

// A value that another implementation of the page's description must give as well:
// printf 'cppcgi cookie 1\0user=ann' | openssl dgst -sha256 -hmac KEY -binary | basenc
TEST(CookieSigner, SignsAsItsPageSays) {
    EXPECT_EQ(CookieSigner::with_keys({old_key}).sign("user", "ann"),
              "ann.lfLAWmepQ3rR_jDHL1W2noHftiLfBGROfpiyY3VtKfI");
}

TEST(CookieSigner, DetectsEveryChangedBit) {
    const CookieSigner signer = CookieSigner::with_keys({old_key});
    std::string cookie = signer.sign("user", "ann");
    for (std::size_t i = 0; i < cookie.size() * 8; ++i) {
        cookie[i / 8] = static_cast<char>(cookie[i / 8] ^ 1 << i % 8);
        EXPECT_EQ(signer.verify("user", cookie), std::nullopt) << "bit " << i;
        cookie[i / 8] = static_cast<char>(cookie[i / 8] ^ 1 << i % 8);
    }
    EXPECT_TRUE(signer.verify("user", cookie));
}

TEST(CookieSigner, RefusesAnotherNameAndEveryCut) {
    const CookieSigner signer = CookieSigner::with_keys({old_key});
    const std::string cookie = signer.sign("user", "ann");
    EXPECT_EQ(signer.verify("User", cookie), std::nullopt);
    for (std::size_t length = 0; length < cookie.size(); ++length) {
        EXPECT_EQ(signer.verify("user", cookie.substr(0, length)), std::nullopt);
        EXPECT_EQ(signer.verify("user", cookie.substr(cookie.size() - length)),
                  std::nullopt);
    }
}

TEST(CookieSigner, RotatesKeys) {
    const CookieSigner before = CookieSigner::with_keys({old_key});
    const CookieSigner during = CookieSigner::with_keys({new_key, old_key});
    const CookieSigner after = CookieSigner::with_keys({new_key});
    const std::string old_cookie = before.sign("a", "1");
    const std::string new_cookie = during.sign("a", "1");
    EXPECT_NE(old_cookie, new_cookie);
    EXPECT_EQ(during.verify("a", old_cookie), "1");
    EXPECT_EQ(after.verify("a", new_cookie), "1");
    EXPECT_EQ(after.verify("a", old_cookie), std::nullopt);
    EXPECT_EQ(before.verify("a", new_cookie), std::nullopt);
}

TEST(CookieSigner, ReadsKeysFromAFile) {
    const KeyFile file("# newest first\n\n  " + std::string(new_key) + " \r\n" +
                       std::string(old_key));
    const CookieSigner signer(file.path());
    EXPECT_EQ(signer.sign("a", "1"), CookieSigner::with_keys({new_key}).sign("a", "1"));
    EXPECT_EQ(signer.verify("a", CookieSigner::with_keys({old_key}).sign("a", "1")),
              "1");
}

TEST(CookieSigner, SaysWhatIsWrongWithAKeyFile) {
    EXPECT_EQ(
        refusal("/nowhere/keys"),
        "cookie signer: cannot open key file /nowhere/keys: No such file or directory");
    const KeyFile empty("# nothing\n");
    EXPECT_EQ(refusal(empty.path()), "cookie signer: no key in " + empty.path());
    const KeyFile weak(std::string(new_key) + "\nshort\n");
    EXPECT_EQ(
        refusal(weak.path()),
        "cookie signer: key 2 of " + weak.path() +
            " is shorter than 32 characters; make one with: openssl rand -hex 32");
    const KeyFile open_to_all(std::string(new_key), 0644);
    EXPECT_EQ(refusal(open_to_all.path()),
              "cookie signer: key file " + open_to_all.path() +
                  " is open to everybody; chmod 640 it and give it the server's group");
}

TEST(CookieSigner, SurvivesTheWayThroughABrowser) {
    const CookieSigner signer = CookieSigner::with_keys({old_key});
    const std::string value = "x;\"\\ \xc3\xbc";
    const std::string line = Cookie("a", signer.sign("a", value)).to_string();
    const Cookies cookies(line);
    EXPECT_EQ(signer.verify("a", cookies["a"]), value) << line;
}

}  // namespace
}  // namespace cppcgi
