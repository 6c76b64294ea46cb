// Programs as users of Python's cgi and http.cookies, and of cgicc, wrote them, turned over
// line by line: what they rely on has to be there under the names they know.
#include <cppcgi.h>
#include <cppcgi/parts.h>
#include <cppcgi/testing.h>
#include <malloc.h>

#include "t/scratch_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

namespace cgi = cppcgi;

// if "name" not in form: show the form again; a counter in a cookie, as SimpleCookie has
// it: `c.load(environ["HTTP_COOKIE"]); n = int(c["n"].value) if "n" in c else 0`.
CPPCGI_HANDLER(idiom_guestbook, req, res) {
    const cgi::FieldStorage form(req);
    if (!form.contains("name") || form.getfirst("name").empty()) {
        res.html("<form method=\"post\">Who?</form>");
        return;
    }
    int visits = 0;
    if (req.cookies().contains("n")) {
        const std::string_view text = req.cookies()["n"];
        std::from_chars(text.data(), text.data() + text.size(), visits);
    }
    res.cookie(cgi::Cookie("n", std::to_string(visits + 1)).path("/").httponly());
    res.html("<p>{} of {}, visit {}", form["name"].text(),
             form.getvalue("town", "nowhere"), visits + 1);
    for (const std::string_view like : form.getlist("like"))
        res.html("<li>{}</li>", like);
    // for key in form.keys(): print(key, form.getlist(key))
    for (const std::string_view key : form.keys())
        res.html("<dt>{} {}</dt>", key, form.getlist(key).size());
    try {
        (void)form["missing"];
    } catch (const std::out_of_range&) {  // KeyError
        res << "<hr>";
    }
}
CPPCGI_TEST_HANDLER(idiom_guestbook)

// item = form["file"]; if item.file: while True: line = item.file.readline() ...
CPPCGI_HANDLER(idiom_upload, req, res) {
    const cgi::FieldStorage form(req);
    res.content_type("text/plain");
    if (!form.contains("file")) {
        res << "no file";
        return;
    }
    const cgi::Field& item = form["file"];
    if (!item.filename() || item.filename()->empty()) {
        res << "not a file: " << item.text();
        return;
    }
    int lines = 0;
    for (std::string line; std::getline(item.file(), line);) ++lines;
    item.save_as(std::string(*req.param("folder")) + "/" + item.safe_filename());
    res << *item.filename() << " " << item.type() << " " << item.size() << " bytes, "
        << lines << " lines";
}
CPPCGI_TEST_HANDLER(idiom_upload)

// for part in form["album"].list: ..., and form["album"]["title"].value
CPPCGI_HANDLER(idiom_album, req, res) {
    const cgi::FieldStorage& form = req.form();
    if (form["album"].has_list() && form["album"].contains("title"))
        res << form["album"]["title"].text() << ":";
    for (const cgi::Field& part : form["album"].list())
        if (part.filename()) res << " " << *part.filename();
    res << (form["album"].find("none") == nullptr ? "." : "?");
}
CPPCGI_TEST_HANDLER(idiom_album)

namespace cppcgi {
namespace {

using ::testing::HasSubstr;

TEST(PythonIdioms, GuestbookAsksUntilItHasAName) {
    using namespace testing;
    EXPECT_THAT(get("/idiom_guestbook").body, HasSubstr("Who?"));
    EXPECT_THAT(post("/idiom_guestbook", {{"name", ""}}).body, HasSubstr("Who?"));
}

TEST(PythonIdioms, GuestbookCountsByACookie) {
    testing::Client client;
    const testing::Pairs form = {{"name", "<Ann>"}, {"like", "a&b"}, {"like", "c"}};
    EXPECT_THAT(client.post("/idiom_guestbook", form).body,
                HasSubstr("<p>&lt;Ann&gt; of nowhere, visit 1<li>a&amp;b</li><li>c</li>"
                          "<dt>name 1</dt><dt>like 2</dt><hr>"));
    EXPECT_THAT(client.post("/idiom_guestbook", form).body, HasSubstr("visit 2"));
    EXPECT_THAT(client.cookies(), ::testing::ElementsAre(::testing::Pair("n", "2")));
}

TEST(PythonIdioms, UploadIsReadByLineAndStored) {
    const cppcgi_test::ScratchDirectory folder;
    const testing::Options options = {.params = {{"folder", folder.path()}}};
    EXPECT_EQ(testing::upload("/idiom_upload",
                              {{.name = "file",
                                .content = "one\ntwo\r\nthree",
                                .filename = "../notes.txt",
                                .type = "text/x-notes"}},
                              options)
                  .body,
              "../notes.txt text/x-notes 14 bytes, 3 lines");
    EXPECT_EQ(folder.read(folder / "notes.txt"), "one\ntwo\r\nthree");
    EXPECT_EQ(testing::upload("/idiom_upload", {{"file", "text"}}, options).body,
              "not a file: text");
    EXPECT_EQ(testing::upload("/idiom_upload", {{"other", "text"}}, options).body,
              "no file");
}

TEST(PythonIdioms, NestedPartsAreAFormOfTheirOwn) {
    const std::string body =
        "--b\r\nContent-Disposition: form-data; name=album\r\nContent-Type: "
        "multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Disposition: form-data; "
        "name=title\r\n\r\nSea\r\n--c\r\nContent-Disposition: file; filename=1.jpg\r\n"
        "\r\nx\r\n--c\r\nContent-Disposition: file; "
        "filename=2.jpg\r\n\r\ny\r\n--c--\r\n"
        "--b--\r\n";
    EXPECT_EQ(testing::send(
                  "POST", "/idiom_album", body,
                  {.headers = {{"Content-Type", "multipart/form-data; boundary=b"}}})
                  .body,
              "Sea: 1.jpg 2.jpg.");
}

// Hands out one file of any size.
class LargeFile : public BodySource {
public:
    explicit LargeFile(std::uint64_t size) : left_(size) {}
    Result<std::string_view> next() override {
        if (!begun_) {
            begun_ = true;
            return std::string_view(
                "--b\r\nContent-Disposition: form-data; name=\"f\"; "
                "filename=\"f\"\r\n\r\n");
        }
        const std::uint64_t some = std::min<std::uint64_t>(left_, block_.size());
        left_ -= some;
        if (some != 0) return std::string_view(block_).substr(0, some);
        if (ended_) return std::string_view();
        ended_ = true;
        return std::string_view("\r\n--b--\r\n");
    }

private:
    std::string block_ = std::string(30000, '\r');
    std::uint64_t left_;
    bool begun_ = false;
    bool ended_ = false;
};

TEST(PythonIdioms, PartsThatArriveTakeConstantMemory) {
    constexpr std::uint64_t size = 64u << 20;
    LargeFile body(size);
    FormInput input;
    input.method = "POST";
    input.content_type = "multipart/form-data; boundary=b";
    input.body = &body;
    const auto in_use = [] {
        const struct mallinfo2 info = mallinfo2();
        return info.uordblks + info.hblkhd;
    };
    const std::size_t before = in_use();
    std::size_t peak = before;
    std::uint64_t seen = 0;
    Limits limits;
    limits.max_body = limits.max_file = 2 * size;
    read_parts(
        input, limits, [](const Part& part) { EXPECT_EQ(part.filename(), "f"); },
        [&](const Part&, std::string_view slice) {
            seen += slice.size();
            peak = std::max(peak, in_use());
        });
    EXPECT_EQ(seen, size);
    EXPECT_LE(peak - before, 256u << 10);
}

}  // namespace
}  // namespace cppcgi
