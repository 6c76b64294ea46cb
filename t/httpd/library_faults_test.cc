// Each reason for which a handler library is refused has its own number, its message has the
// true cause and a remedy, `httpd -t` stops on it, and `cppcgi doctor` finds the same number
// without being told.
#include <cppcgi/abi.h>

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <thread>

#include "t/httpd/faults.h"
#include "t/test_library.h"

namespace cppcgi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

using Words = std::vector<std::string>;

// A library that a card can be taken from and that is whole.
std::string probe() { return read_file(build_dir() / "t/handlers/probe.so"); }

template <class Change>
std::string with_card(Change change) {
    std::string file = probe();
    const std::size_t at = file.find(std::string_view(CPPCGI_CARD_MAGIC, 8));
    EXPECT_NE(at, file.npos);
    cppcgi_card card;
    std::memcpy(&card, file.data() + at, sizeof card);
    change(card);
    std::memcpy(file.data() + at, &card, sizeof card);
    return file;
}

// A file that somebody writes to all the time.
class Writer {
public:
    explicit Writer(const std::string& file)
        : thread_([this, file] {
              const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
              while (!is_done_) {
                  ::futimens(fd, nullptr);
                  std::this_thread::sleep_for(std::chrono::milliseconds(20));
              }
              ::close(fd);
          }) {}
    ~Writer() {
        is_done_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> is_done_{false};
    std::thread thread_;
};

class LibraryFaults : public FaultTest {
protected:
    // `httpd -t` and the doctor on this library, each run by `by`.
    void refuse(const std::string& file, const std::string& number,
                const std::string& cause, const Words& by = {}) {
        SCOPED_TRACE(file + ", " + number);
        std::thread doctor([&] { expect_diagnosis(file, number, {}, by); });
        const Exit exit = server.configtest("CppCGILibrary " + file + "\n", by);
        doctor.join();
        EXPECT_EQ(exit.status, 1) << exit.output;
        EXPECT_THAT(exit.output, HasSubstr(number + ": "));
        EXPECT_THAT(exit.output, ContainsRegex(number + ": .*(" + cause + ")"));
        EXPECT_THAT(exit.output, HasSubstr("configtest.conf:")) << "where it is named";
        expect_new(number);
    }

    std::string write(const std::string& name, const std::string& bytes,
                      unsigned mode = 0644) {
        return server.write("lib/" + name, bytes, mode).native();
    }
    std::string build(const std::string& name, const std::string& source,
                      const std::string& flags = "") {
        fs::create_directory(server.root() / "lib");
        const std::string file = server.root() / "lib" / name;
        compile(library_preamble + source, file, "-shared -fPIC " + flags);
        return file;
    }

    // Root without what makes it more than a user; a user is that already.
    static Words without(const std::string& capabilities) {
        if (Server::user().empty()) return {};
        return {"setpriv", "--bounding-set=" + capabilities,
                "--inh-caps=" + capabilities};
    }
    // A shell prepares the process that becomes the program.
    static Words prepared(const std::string& script) {
        return {"sh", "-c", script + " && exec \"$@\"", "sh"};
    }
    // No file can be written, not even one in memory.
    static constexpr const char* no_copies = "trap '' XFSZ && ulimit -f 8";
};

TEST_P(LibraryFaults, OfFilesThatCannotBeRead) {
    refuse(server.root() / "nowhere.so", "CPPCGI0100", "check the path");
    refuse(write("shut.so", probe(), 0), "CPPCGI0101",
           "Permission denied; let the user that starts the server read it",
           without("-dac_override,-dac_read_search"));
    const std::string pipe = server.root() / "lib/pipe.so";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0644), 0);
    refuse(pipe, "CPPCGI0102", "is no regular file: name the library itself");
    fs::create_symlink("loop.so", server.root() / "lib/loop.so");
    const Exit loop = server.configtest("CppCGILibrary ${ROOT}/lib/loop.so\n");
    EXPECT_THAT(loop.output, ContainsRegex("CPPCGI0101: .*symbolic links"));
    EXPECT_THAT(server.configtest("CppCGILibrary ${ROOT}/lib\n").output,
                HasSubstr("CPPCGI0102: "));
}

TEST_P(LibraryFaults, OfFilesThatAreNoLibraryOfHandlers) {
    std::string foreign = probe();
    foreign[18] = 21;  // e_machine: 64-bit PowerPC
    refuse(write("text.so", "#!/bin/sh\n"), "CPPCGI0103", "cppcgi build");
    refuse(write("foreign.so", foreign), "CPPCGI0104", "build it for this machine");
    refuse(write("program.so", read_file(build_dir() / "cgi-bin/hello.cgi")),
           "CPPCGI0105", "is a program, not a shared library");
    refuse(write("cut.so", probe().substr(0, probe().size() / 2)), "CPPCGI0106",
           "copy it again");
    refuse(write("empty.so", read_file(build_dir() / "lib/libcppcgi.so.1")),
           "CPPCGI0107", "without handlers.*CPPCGI_HANDLER");
    write("cut.so", probe().substr(0, probe().size() - 100));
    EXPECT_THAT(server.configtest("CppCGILibrary ${ROOT}/lib/cut.so\n").output,
                HasSubstr("CPPCGI0106"));
}

TEST_P(LibraryFaults, OfCardsThatDoNotFit) {
    refuse(write("card.so", with_card([](cppcgi_card& card) { card.size = 77; })),
           "CPPCGI0108", "rebuild");
    refuse(write("abi.so", with_card([](cppcgi_card& card) { card.abi = 2; })),
           "CPPCGI0109", "ABI 2.*ABI 1: rebuild it");
    refuse(write("tools.so", with_card([](cppcgi_card& card) {
                     std::strcpy(card.toolchain, "libc++,abi1,plain,64");
                 })),
           "CPPCGI0110", "libc..,abi1,plain,64.*this server needs.*rebuild");
    const std::string twins = build("twins.so", "CARD(one)\nCARD(two)\n");
    std::string bytes = read_file(twins);
    bytes.replace(bytes.rfind("two", bytes.rfind(CPPCGI_CARD_MAGIC) + 128), 3, "one");
    write("twins.so", bytes);
    refuse(twins, "CPPCGI0125", "two handlers called one: rename");
    refuse(
        write("flags.so", with_card([](cppcgi_card& card) { card.flags = 1u << 30; })),
        "CPPCGI0111", "upgrade mod_cppcgi");
}

TEST_P(LibraryFaults, OfFilesThatAreNotSafe) {
    refuse(write("open.so", probe(), 0666), "CPPCGI0115",
           "everybody.*chmod o-w.*CppCGIWritableLibraries");
    EXPECT_EQ(server
                  .configtest("CppCGILibrary ${ROOT}/lib/open.so\n"
                              "CppCGIWritableLibraries on\n")
                  .status,
              0);
    const std::string written = write("written.so", probe());
    const Writer writer(written);
    refuse(written, "CPPCGI0112", "still being written: install.*rename");
}

TEST_P(LibraryFaults, OfCopiesThatCannotBeMade) {
    const std::string file = write("probe.so", probe());
    const Words by = prepared(no_copies);
    const Exit warned = server.configtest("CppCGILibrary " + file + "\n", by);
    EXPECT_EQ(warned.status, 0) << warned.output;
    EXPECT_THAT(warned.output,
                ContainsRegex("CPPCGI0113: .*probe.so is served from the file itself.*"
                              "CppCGILibraryDir"));
    if (has_doctor()) {
        EXPECT_THAT(doctor(file, {}, by).output,
                    ContainsRegex("warning copy: CPPCGI0113"));
    }
    if (!sanitizer().empty()) GTEST_SKIP() << "its runtime would be in mount and cp";
    const std::string mount = server.root() / "noexec";
    fs::create_directory(mount);
    Words on_mount = prepared("mount -t tmpfs -o noexec,mode=755 tmpfs " + mount +
                              " && cp " + file + " " + mount + " && " + no_copies);
    on_mount.insert(on_mount.begin(), {"unshare", "--mount"});
    Words tried = on_mount;
    tried.push_back("true");
    if (run(tried).status != 0) GTEST_SKIP() << "may not mount";
    refuse(mount + "/probe.so", "CPPCGI0114",
           "may not be executed.*mounted noexec.*name a directory.*CppCGILibraryDir",
           on_mount);
}

TEST_P(LibraryFaults, OfLibrariesThatCannotBeLinked) {
    std::string needs = probe();
    needs.replace(needs.find("libcppcgi.so.1"), 6, "libqqc");
    refuse(write("needs.so", needs), "CPPCGI0116", "libqqc.*install");
    refuse(build("incomplete.so",
                 "int defined_nowhere();\nCARD(incomplete)\n"
                 "ENTRY(incomplete) { outcome->status = defined_nowhere(); }\n"),
           "CPPCGI0117", "defined_nowhere.*no-undefined");
    refuse(build("static.so",
                 "__thread char room[1 << 20] "
                 "__attribute__((tls_model(\"initial-exec\")));\nCARD(room)\n"
                 "ENTRY(room) { outcome->status = room[outcome->size]; }\n"),
           "CPPCGI0118", "static TLS.*-ftls-model");
    const std::string folder = server.root() / "lib";
    const std::string linked = "-L" + folder + " -Wl,-rpath," + folder;
    for (const std::string version : {"NEWER", "OLDER"}) {
        write("versions", version + " { global: *of_it*; };");
        build("libversioned.so", "int of_it() { return 200; }\n",
              "-Wl,--version-script=" + folder + "/versions");
        if (version == "NEWER")
            build(
                "old.so",
                "int of_it();\nCARD(old)\nENTRY(old) { outcome->status = of_it(); }\n",
                linked + " -lversioned");
    }
    refuse(folder + "/old.so", "CPPCGI0126",
           "libversioned.so: version .NEWER. not found.*build it on this system");
    build("libdamaged.so", "int of_it() { return 200; }\n");
    const std::string user =
        build("user.so",
              "int of_it();\nCARD(user)\nENTRY(user) { outcome->status = of_it(); }\n",
              linked + " -ldamaged");
    write("libdamaged.so", "no library any more");
    refuse(user, "CPPCGI0119", "libdamaged.so.*damaged");
    refuse(build("absent.so", "CARD(absent)\n"), "CPPCGI0120",
           "cppcgi_entry_absent.*version script");
}

TEST_P(LibraryFaults, OfConstructorsThatDoNotReturn) {
    const std::string handlers = build_dir() / "t/handlers";
    refuse(handlers + "/constructor_exits.so", "CPPCGI0121",
           "ended the checking process with exit status 0.*move that work");
    refuse(handlers + "/constructor_crashes.so", "CPPCGI0122",
           "signal.*move that work");
    refuse(build("hangs.so",
                 "#include <unistd.h>\nCARD(hangs)\nENTRY(hangs) {}\n"
                 "__attribute__((constructor)) void hang() { for (;;) pause(); }\n"),
           "CPPCGI0123", "did not return within 10 s.*move that work");
}

TEST_P(LibraryFaults, OfACheckThatCannotBeMade) {
    const Words by =
        Server::user().empty() ? prepared("ulimit -u 0") : without("-setuid,-setgid");
    refuse(write("probe.so", probe()), "CPPCGI0124", "cannot be checked", by);
}

INSTANTIATE_TEST_SUITE_P(Once, LibraryFaults, ::testing::Values("event"));

}  // namespace
}  // namespace cppcgi_test
