// Cookie headers. Invariants: the reader agrees with the slow one in t/, and what it read
// comes back the same when it is written as cookies and read again.
#include <cppcgi/cookie.h>
#include <cppcgi/cookies.h>

#include "t/cookies_oracle.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view header(reinterpret_cast<const char*>(data), size);
    const cppcgi::Cookies cookies(header);
    cppcgi_test::Pairs pairs;
    std::string written;
    for (const auto& [name, value] : cookies) {
        require(!name.empty() && name.find_first_of("=;") == name.npos);
        require(cookies.contains(name));
        pairs.emplace_back(name, value);
        written +=
            (written.empty() ? "" : "; ") + cppcgi::Cookie("n", value).to_string();
    }
    require(pairs == cppcgi_test::read_cookies_simply(std::string(header)));

    const cppcgi::Cookies again(written);
    require(again.size() == pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        require(again.begin()[i].name == "n");
        require(again.begin()[i].value == pairs[i].second);
    }
    return 0;
}
