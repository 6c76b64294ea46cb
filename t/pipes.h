// A pipe for tests of programs: what was written to it can be read back as text. Both
// ends close with it; texts must fit into a pipe (64 KB), so that nothing blocks.
#ifndef CPPCGI_T_PIPES_H
#define CPPCGI_T_PIPES_H

#include <gtest/gtest.h>

#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace cppcgi_test {

class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_, O_CLOEXEC) != 0) ADD_FAILURE() << "pipe2 failed";
    }
    // With this text in it and its writing end closed.
    explicit Pipe(std::string_view text) : Pipe() {
        EXPECT_EQ(::write(ends_[1], text.data(), text.size()),
                  static_cast<ssize_t>(text.size()));
        close_output();
    }
    ~Pipe() {
        close_input();
        close_output();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int input() const { return ends_[0]; }
    int output() const { return ends_[1]; }
    void close_input() { close_end(ends_[0]); }
    void close_output() { close_end(ends_[1]); }

    // All that was written; closes the writing end.
    std::string text() {
        close_output();
        std::string all;
        char block[4096];
        for (ssize_t got; (got = ::read(ends_[0], block, sizeof block)) > 0;)
            all.append(block, static_cast<std::size_t>(got));
        return all;
    }

private:
    static void close_end(int& end) {
        if (end >= 0) ::close(end);
        end = -1;
    }

    int ends_[2] = {-1, -1};
};

}  // namespace cppcgi_test

#endif
