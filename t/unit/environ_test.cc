#include <cppcgi/environ.h>

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "t/memory_call.h"

namespace cppcgi {
namespace {

using cppcgi_test::call;

TEST(Environ, TellsUnsetFromEmpty) {
    call([](auto& req, auto&) {
        EXPECT_EQ(req.environ()["NOBODY_SET_THIS"], "");
        EXPECT_FALSE(req.environ().contains("NOBODY_SET_THIS"));
        EXPECT_EQ(req.environ().get("QUERY_STRING"), "");
        EXPECT_EQ(req.environ().get("NOBODY_SET_THIS"), std::nullopt);
        // A string_view of no name has to be data, for whoever ends it with NUL.
        EXPECT_NE(req.environ()["NOBODY_SET_THIS"].data(), nullptr);
    });
}

TEST(Environ, ListsWhatItFinds) {
    const cppcgi_test::Answer answer = call(
        [](auto& req, auto& res) {
            std::map<std::string, std::string> all;
            for (const auto& [name, value] : req.environ()) all.emplace(name, value);
            EXPECT_EQ(all.size(), req.environ().size());
            for (const auto& [name, value] : all)
                EXPECT_EQ(req.environ()[name], value) << name;
            res << all["HTTP_ACCEPT"] << ' ' << all["REMOTE_USER"];
        },
        {.options = {.headers = {{"Accept", "*/*"}},
                     .environ = {{"REMOTE_USER", "ann"}}}});
    EXPECT_EQ(answer.page.body, "*/* ann");
}

}  // namespace
}  // namespace cppcgi
