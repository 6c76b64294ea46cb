#include "host/running_scripts.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace cppcgi::host {
namespace {

class RunningScriptsTest : public ::testing::Test {
protected:
    // A process that leads a group of its own and waits for a signal.
    static pid_t sleeper(bool ignores_term = false) {
        // Before the fork, or the signal may be quicker.
        signal(SIGTERM, ignores_term ? SIG_IGN : SIG_DFL);
        const pid_t pid = fork();
        if (pid == 0) {
            setpgid(0, 0);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) pause();
        }
        signal(SIGTERM, SIG_DFL);
        setpgid(pid, pid);
        return pid;
    }
    static int ended_by(pid_t pid) {
        int status = 0;
        return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status)
                                                                      : 0;
    }
    std::multiset<pid_t> scripts_of(pid_t keeper) const {
        std::multiset<pid_t> found;
        table->each(keeper, [&](pid_t script) { found.insert(script); });
        return found;
    }

    RunningScripts::Slot* note(pid_t keeper, pid_t script,
                               std::int64_t since = RunningScripts::now()) {
        RunningScripts::Slot* slot = table->claim(keeper);
        if (slot) slot->holds(script, since);
        return slot;
    }

    RunningScripts* const table = RunningScripts::create();
};

TEST_F(RunningScriptsTest, KeepersSeeTheirOwn) {
    RunningScripts::Slot* slot = note(10, 100);
    note(11, 101);
    note(10, 102);
    EXPECT_EQ(scripts_of(10), (std::multiset<pid_t>{100, 102}));
    EXPECT_EQ(scripts_of(11), (std::multiset<pid_t>{101}));
    slot->release(99);
    EXPECT_EQ(scripts_of(10), (std::multiset<pid_t>{100, 102}));
    slot->release(100);
    EXPECT_EQ(scripts_of(10), (std::multiset<pid_t>{102}));
}

TEST_F(RunningScriptsTest, SeesAProcessBeforeItsStartIsOver) {
    const pid_t one = sleeper();
    *table->claim(15)->number() = one;
    EXPECT_EQ(scripts_of(15), (std::multiset<pid_t>{one}));
    EXPECT_EQ(table->end_orphans(15), 1);
    EXPECT_EQ(ended_by(one), SIGTERM);
}

TEST_F(RunningScriptsTest, AFullTableGivesNull) {
    for (std::size_t i = 0; i < RunningScripts::capacity; ++i)
        ASSERT_NE(note(7, 1000000), nullptr);
    EXPECT_EQ(note(7, 1), nullptr);
}

TEST_F(RunningScriptsTest, IsSharedWithChildren) {
    const pid_t child = fork();
    if (child == 0) {
        note(5, 50);
        _exit(0);
    }
    waitpid(child, nullptr, 0);
    EXPECT_EQ(scripts_of(5), (std::multiset<pid_t>{50}));
}

TEST_F(RunningScriptsTest, OrphansAreToldToEndAndThenKilled) {
    const pid_t obeys = sleeper();
    const pid_t ignores = sleeper(true);
    const pid_t kept = sleeper();
    note(20, obeys);
    note(20, ignores);
    note(21, kept);
    EXPECT_EQ(table->end_orphans(20), 2);
    EXPECT_EQ(ended_by(obeys), SIGTERM);
    table->kill_orphans(3600000);
    EXPECT_EQ(waitpid(ignores, nullptr, WNOHANG), 0);
    table->kill_orphans(0);
    EXPECT_EQ(ended_by(ignores), SIGKILL);
    EXPECT_EQ(waitpid(kept, nullptr, WNOHANG), 0);
    EXPECT_EQ(table->end_orphans(20), 0);
    kill(kept, SIGKILL);
    waitpid(kept, nullptr, 0);
}

TEST_F(RunningScriptsTest, WhatIsHandedOverIsEndedByTheParent) {
    const pid_t one = sleeper();
    const pid_t two = sleeper(true);
    note(25, one)->hand_over();
    note(25, two);
    table->hand_over(25);
    EXPECT_TRUE(scripts_of(25).empty());
    table->kill_orphans(3600000);
    EXPECT_EQ(ended_by(one), SIGTERM);
    table->kill_orphans(0);
    EXPECT_EQ(ended_by(two), SIGKILL);
}

TEST_F(RunningScriptsTest, WhoGotTheNumberLaterIsSpared) {
    const std::int64_t before = RunningScripts::now();
    usleep(30000);  // more than a clock tick, in which /proc counts
    const pid_t later = sleeper();
    note(30, later, before);
    EXPECT_EQ(table->end_orphans(30), 0);
    EXPECT_EQ(waitpid(later, nullptr, WNOHANG), 0);
    EXPECT_TRUE(scripts_of(30).empty());
    kill(later, SIGKILL);
    waitpid(later, nullptr, 0);
}

TEST_F(RunningScriptsTest, ManyThreadsClaimAndRelease) {
    std::atomic<bool> done = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([this, t] {
            for (int i = 0; i < 2000; ++i) {
                RunningScripts::Slot* slot = note(40, 1000000 + t);
                ASSERT_NE(slot, nullptr);
                slot->release(1000000 + t);
            }
        });
    std::thread reader([&] {
        while (!done)
            for (const pid_t script : scripts_of(40)) EXPECT_GE(script, 1000000);
    });
    for (std::thread& one : threads) one.join();
    done = true;
    reader.join();
    EXPECT_TRUE(scripts_of(40).empty());
}

}  // namespace
}  // namespace cppcgi::host
