#include <cppcgi/field.h>

#include <cppcgi/field_storage.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "t/scratch_directory.h"

namespace cppcgi {
namespace {

using cppcgi_test::ScratchDirectory;

std::string upload(const std::string& filename, const std::string& data) {
    return "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + filename +
           "\"\r\nContent-Type: Text/Plain; Charset=\"x;y\"; CHARSET=utf-8\r\n"
           "X-Twice: 1\r\nx-twice: 2\r\n\r\n" +
           data + "\r\n--b--\r\n";
}

FieldStorage form_of(const std::string& body, const Limits& limits = {},
                     const FormOptions& options = {}) {
    MemoryBody source(body, 1000);
    FormInput input;
    input.method = "POST";
    input.content_type = "multipart/form-data; boundary=b";
    input.body = &source;
    return FieldStorage(input, limits, options);
}

Limits spooling(const std::string& directory) {
    Limits limits;
    limits.max_memory = 2000;
    limits.spool_dir = directory;
    return limits;
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + "\n";
    return text;
}

std::size_t entries(const std::string& directory) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory),
                      std::filesystem::directory_iterator()));
}

TEST(Field, ShowsItsHead) {
    const FieldStorage form = form_of(upload("a.txt", "data"));
    const Field& field = form["f"];
    EXPECT_EQ(field.filename(), "a.txt");
    EXPECT_EQ(field.type(), "Text/Plain");
    EXPECT_EQ(field.type_options()["charset"], "utf-8");
    EXPECT_EQ(field.type_options().size(), 1u);
    EXPECT_EQ(field.disposition(), "form-data");
    EXPECT_EQ(field.disposition_options()["filename"], "a.txt");
    EXPECT_EQ(field.headers()["X-TWICE"], "1");
    EXPECT_EQ(field.headers().size(), 4u);
    EXPECT_EQ(field.headers().get("X-None"), std::nullopt);
    EXPECT_EQ(field.done(), 1);
    EXPECT_EQ(field.size(), 4u);
    EXPECT_FALSE(field.has_list());
    EXPECT_TRUE(field.list().empty());
}

TEST(Field, OfAnUrlencodedFormHasNoHead) {
    FormInput input;
    input.query_string = "a=1";
    const FieldStorage form(input);
    const Field& field = form["a"];
    EXPECT_FALSE(field.has_type());
    EXPECT_FALSE(field.has_disposition());
    EXPECT_EQ(field.type(), "");
    EXPECT_EQ(field.filename(), std::nullopt);
    EXPECT_TRUE(field.headers().empty());
    EXPECT_EQ(field.done(), 0);
}

TEST(Field, DecodesText) {
    FormInput input;
    input.query_string = "%E4=%FC";
    const FieldStorage latin(input, {}, {.encoding = "latin-1"});
    EXPECT_EQ(latin["\xc3\xa4"].value(), "\xfc");
    EXPECT_EQ(latin["\xc3\xa4"].text(), "\xc3\xbc");
    EXPECT_EQ(latin.getfirst("\xc3\xa4"), "\xc3\xbc");
    const FieldStorage utf8(input);
    EXPECT_EQ(utf8["\xef\xbf\xbd"].text(), "\xef\xbf\xbd");
}

TEST(Field, IsReadByLine) {
    const ScratchDirectory scratch;
    const std::string text = lines(30000);
    for (const bool spooled : {false, true}) {
        const FieldStorage form =
            form_of(upload("a", text), spooled ? spooling(scratch.path()) : Limits{});
        std::istream& file = form["f"].file();
        std::string line;
        int count = 0;
        while (std::getline(file, line)) {
            ASSERT_EQ(line, "line " + std::to_string(count++));
        }
        EXPECT_EQ(count, 30000);
        // The same stream again, which can be taken back to a place.
        form["f"].file().clear();
        form["f"].file().seekg(7);
        std::getline(form["f"].file(), line);
        EXPECT_EQ(line, "line 1");
        form["f"].file().seekg(-6, std::ios::end);
        std::getline(form["f"].file(), line);
        EXPECT_EQ(line, "29999");
        EXPECT_EQ(form["f"].file().tellg(), static_cast<std::streamoff>(text.size()));
        EXPECT_EQ(form["f"].value(), text);
    }
}

TEST(Field, LeavesNoNameInTheSpoolDirectory) {
    const ScratchDirectory scratch;
    const FieldStorage form =
        form_of(upload("a", lines(3000)), spooling(scratch.path()));
    EXPECT_EQ(entries(scratch.path()), 0u);
    EXPECT_EQ(form["f"].value(), lines(3000));
}

TEST(Field, IsSavedFromMemoryAndFromTheSpool) {
    const ScratchDirectory scratch;
    const std::string text = lines(30000);
    const mode_t mask = umask(0);
    umask(mask);
    for (const bool spooled : {false, true}) {
        const FieldStorage form =
            form_of(upload("a", text), spooled ? spooling(scratch.path()) : Limits{});
        const std::string path = scratch.path() + "/saved";
        for (int twice = 0; twice < 2; ++twice) {
            form["f"].save_as(path);
            EXPECT_EQ(contents(path), text);
            struct stat status {};
            ASSERT_EQ(stat(path.c_str(), &status), 0);
            EXPECT_EQ(status.st_mode & 0777, 0666 & ~mask);
            EXPECT_EQ(status.st_nlink, 1u);
        }
        EXPECT_EQ(entries(scratch.path()), 1u);
    }
}

TEST(Field, IsSavedWithoutACopyWhereItWasSpooled) {
    const ScratchDirectory scratch;
    const FieldStorage form =
        form_of(upload("a", lines(30000)), spooling(scratch.path()));
    const std::string first = scratch.path() + "/first";
    const std::string second = scratch.path() + "/second";
    form["f"].save_as(first);
    form["f"].save_as(second);
    // Two names, two files: who changes one does not change the other.
    EXPECT_NE(std::filesystem::hard_link_count(first), 2u);
    std::ofstream(second) << "changed";
    EXPECT_EQ(contents(first), lines(30000));
    EXPECT_EQ(form["f"].value(), lines(30000));
}

TEST(Field, SavedOverALinkReplacesTheLink) {
    const ScratchDirectory scratch;
    const std::string target = scratch.path() + "/target";
    const std::string link = scratch.path() + "/link";
    std::ofstream(target) << "precious";
    std::filesystem::create_symlink(target, link);
    const FieldStorage form = form_of(upload("a", "new"));
    form["f"].save_as(link);
    EXPECT_EQ(contents(target), "precious");
    EXPECT_EQ(contents(link), "new");
    EXPECT_FALSE(std::filesystem::is_symlink(link));
}

TEST(Field, IsNotSavedOverAFileThatIsToBeKept) {
    const ScratchDirectory scratch;
    const std::string path = scratch.path() + "/file";
    std::ofstream(path) << "old";
    const FieldStorage form = form_of(upload("a", "new"));
    std::error_code error;
    form["f"].save_as(path, Field::Existing::keep, error);
    EXPECT_EQ(error, std::errc::file_exists);
    EXPECT_EQ(contents(path), "old");
    EXPECT_EQ(entries(scratch.path()), 1u);
    form["f"].save_as(scratch.path() + "/other", Field::Existing::keep);
    EXPECT_EQ(contents(scratch.path() + "/other"), "new");
}

TEST(Field, SaysWhyItCannotBeSaved) {
    const ScratchDirectory scratch;
    const FieldStorage form = form_of(upload("a", "new"));
    const std::string missing = scratch.path() + "/missing/file";
    try {
        form["f"].save_as(missing);
        FAIL() << "saved into a directory that is not there";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
        EXPECT_NE(std::string(error.what()).find(missing), std::string::npos);
    }
    EXPECT_THROW(form["f"].save_as(scratch.path() + std::string("/a\0b", 4)),
                 std::system_error);
    EXPECT_THROW(form["f"].save_as(scratch.path()), std::system_error);
    EXPECT_EQ(entries(scratch.path()), 0u);
}

TEST(Field, HasAFileNameThatIsSafe) {
    const auto safe = [](const std::string& name) {
        return form_of(upload(name, "x"))["f"].safe_filename();
    };
    EXPECT_EQ(safe("../../x"), "x");
    EXPECT_EQ(safe("C:\\\\x\\\\y"), "y");
    EXPECT_EQ(safe("/etc/x"), "x");
    EXPECT_EQ(safe("../../etc/cron.d/x"), "x");
    EXPECT_EQ(safe(".."), "upload");
    EXPECT_EQ(safe("."), "upload");
    EXPECT_EQ(safe(""), "upload");
    EXPECT_EQ(safe("/"), "upload");
    EXPECT_EQ(safe(".htaccess"), "htaccess");
    EXPECT_EQ(safe(std::string("a\0b", 3)), "ab");
    EXPECT_EQ(safe("a\x01\x7f.txt"), "a.txt");
    EXPECT_EQ(safe("C:x|y?.txt "), "C_x_y_.txt");
    EXPECT_EQ(safe("na\xc3\xafve.txt"), "na\xc3\xafve.txt");
    EXPECT_EQ(safe("a/b\\\\c/.d"), "d");
    EXPECT_EQ(safe(std::string(300, 'x') + ".tar").size(), 200u);
    EXPECT_EQ(safe(std::string(300, 'x') + ".tar").substr(196), ".tar");
    std::string wide;
    while (wide.size() < 300) wide += "\xc3\xa4";
    EXPECT_LE(safe(wide).size(), 200u);
    EXPECT_EQ(safe(wide).size() % 2, 0u);
}

}  // namespace
}  // namespace cppcgi
