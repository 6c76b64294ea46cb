#include "host/counters.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace cppcgi::host {
namespace {

constexpr unsigned children = 4;
constexpr unsigned threads = 16;
constexpr std::uint64_t calls = 5000;

void count_calls(Counters& counters, unsigned row) {
    const unsigned child = counters.begin_child(::getpid());
    std::vector<std::thread> all;
    for (unsigned i = 0; i < threads; ++i)
        all.emplace_back([&, i] {
            for (std::uint64_t call = 0; call < calls; ++call) {
                counters.begin(row, child);
                counters.end(row, child,
                             {.status = i == 0 ? 500 : 200,
                              .nanoseconds = 1000 * (call + 1),
                              .bytes_in = 1,
                              .bytes_out = 2,
                              .is_spooled = call % 2 == 0});
            }
        });
    for (std::thread& thread : all) thread.join();
}

TEST(Counters, AreExactUnderManyThreadsAndProcesses) {
    Counters* counters = Counters::create(8);
    ASSERT_NE(counters, nullptr);
    counters->row("scripts");
    const unsigned row = counters->row("hello:hello");
    pid_t pids[children];
    for (pid_t& pid : pids) {
        pid = ::fork();
        if (pid == 0) {
            count_calls(*counters, row);
            ::_exit(0);
        }
    }
    for (const pid_t pid : pids) {
        int status = -1;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        ASSERT_EQ(status, 0);
    }
    const RowTotals totals = counters->totals(row);
    constexpr std::uint64_t all = std::uint64_t{children} * threads * calls;
    EXPECT_EQ(totals.name, "hello:hello");
    EXPECT_EQ(totals.requests, all);
    EXPECT_EQ(totals.by_class[5], all / threads);
    EXPECT_EQ(totals.by_class[2], all - all / threads);
    EXPECT_EQ(totals.by_error[100], all / threads);
    EXPECT_EQ(totals.bytes_in, all);
    EXPECT_EQ(totals.bytes_out, 2 * all);
    EXPECT_EQ(totals.spooled, all / 2);
    EXPECT_EQ(totals.in_flight, 0u);
    EXPECT_EQ(totals.nanoseconds, children * threads * 1000 * calls * (calls + 1) / 2);
    std::uint64_t timed = 0;
    for (const std::uint64_t count : totals.times) timed += count;
    EXPECT_EQ(timed, all);
    EXPECT_EQ(counters->totals(0).requests, 0u);
}

TEST(Counters, WhatWasInFlightInADeadChildIsLostAndNotInFlight) {
    Counters* counters = Counters::create(2);
    ASSERT_NE(counters, nullptr);
    const unsigned row = counters->row("a:a");
    const unsigned dead = counters->begin_child(1000);
    const unsigned alive = counters->begin_child(1001);
    EXPECT_EQ(counters->begin_child(1002), Counters::no_child);
    counters->begin(row, dead);
    counters->begin(row, dead);
    counters->begin(row, alive);
    counters->begin(row, Counters::no_child);
    EXPECT_EQ(counters->totals(row).in_flight, 3u);
    counters->end_child(1000);
    EXPECT_EQ(counters->totals(row).in_flight, 1u);
    EXPECT_EQ(counters->totals(row).lost, 2u);
    counters->end(row, alive, {});
    EXPECT_EQ(counters->totals(row).in_flight, 0u);
    EXPECT_EQ(counters->begin_child(1002), dead);
}

TEST(Counters, ARowIsFoundAgainAndTheLastTakesTheRest) {
    Counters* counters = Counters::create(1);
    ASSERT_NE(counters, nullptr);
    for (unsigned i = 0; i < Counters::most_rows + 10; ++i)
        counters->row("handler" + std::to_string(i));
    EXPECT_EQ(counters->rows(), Counters::most_rows);
    EXPECT_EQ(counters->row("handler7"), 7u);
    EXPECT_EQ(counters->row("one more"), Counters::most_rows - 1);
    EXPECT_EQ(counters->totals(Counters::most_rows - 1).name, "other");
    const std::string longest(500, 'x');
    EXPECT_EQ(counters->totals(0).name, "handler0");
    EXPECT_EQ(Counters::create(1)->row(longest), 0u);
}

TEST(Counters, AStateOfALibraryIsOneReloadHoweverManySeeIt) {
    Counters* counters = Counters::create(1);
    ASSERT_NE(counters, nullptr);
    const unsigned row = counters->row("library");
    for (int child = 0; child < 3; ++child) counters->note_library(row, 11, 100);
    EXPECT_EQ(counters->totals(row).reloads, 0u);
    EXPECT_EQ(counters->totals(row).loaded_at, 100u);
    for (int child = 0; child < 3; ++child) counters->note_library(row, 12, 200);
    EXPECT_EQ(counters->totals(row).reloads, 1u);
    EXPECT_EQ(counters->totals(row).loaded_at, 200u);
}

TEST(Counters, VersionsThatStayMappedGoWithTheirChild) {
    Counters* counters = Counters::create(2);
    ASSERT_NE(counters, nullptr);
    const unsigned row = counters->row("library"), other = counters->row("other");
    const unsigned first = counters->begin_child(1000),
                   next = counters->begin_child(1001);
    counters->count_still_mapped(row, first);
    counters->count_still_mapped(row, first);
    counters->count_still_mapped(row, next);
    counters->count_still_mapped(row, Counters::no_child);
    EXPECT_EQ(counters->totals(row).still_mapped, 3u);
    EXPECT_EQ(counters->totals(row).in_flight, 0u);
    EXPECT_EQ(counters->totals(other).still_mapped, 0u);
    counters->end_child(1000);
    EXPECT_EQ(counters->totals(row).still_mapped, 1u);
    EXPECT_EQ(counters->begin_child(1002), first);
    EXPECT_EQ(counters->totals(row).still_mapped, 1u);
}

TEST(Counters, KeepTheLastTenFailures) {
    Counters* counters = Counters::create(1);
    ASSERT_NE(counters, nullptr);
    const unsigned row = counters->row("a");
    EXPECT_TRUE(counters->totals(row).failures.empty());
    for (std::int32_t i = 0; i < 25; ++i) {
        Failure failure;
        failure.status = 500 + i;
        std::strcpy(failure.id, "id");
        counters->add_failure(row, failure);
    }
    const std::vector<Failure> failures = counters->totals(row).failures;
    ASSERT_EQ(failures.size(), 10u);
    EXPECT_EQ(failures[0].status, 524);
    EXPECT_EQ(failures[9].status, 515);
    EXPECT_STREQ(failures[9].id, "id");
}

TEST(Counters, FailuresOfManyThreadsAreNeverTorn) {
    Counters* counters = Counters::create(1);
    ASSERT_NE(counters, nullptr);
    const unsigned row = counters->row("a");
    std::vector<std::thread> writers;
    for (std::int32_t writer = 1; writer <= 4; ++writer)
        writers.emplace_back([=] {
            Failure failure;
            failure.status = writer;
            std::memset(failure.request, '0' + writer, sizeof failure.request - 1);
            for (int i = 0; i < 5000; ++i) counters->add_failure(row, failure);
        });
    for (int i = 0; i < 500; ++i)
        for (const Failure& failure : counters->totals(row).failures)
            EXPECT_EQ(std::string(failure.request),
                      std::string(sizeof failure.request - 1,
                                  static_cast<char>('0' + failure.status)));
    for (std::thread& writer : writers) writer.join();
}

TEST(TimeHistogram, EachTimeIsInTheBucketOfItsBound) {
    using H = TimeHistogram;
    for (std::size_t bucket = 0; bucket + 1 < H::bucket_count; ++bucket) {
        EXPECT_EQ(H::bucket_of(H::bound_of(bucket) * 1000), bucket);
        EXPECT_EQ(H::bucket_of(H::bound_of(bucket) * 1000 + 1), bucket + 1);
    }
    EXPECT_EQ(H::bucket_of(0), 0u);
    EXPECT_EQ(H::bucket_of(~std::uint64_t{0} - 1000), H::bucket_count - 1);
}

TEST(TimeHistogram, QuantilesAreWithinAnEighth) {
    TimeHistogram::Counts counts{};
    EXPECT_EQ(TimeHistogram::quantile(counts, 0.5), 0u);
    for (std::uint64_t micros = 1; micros <= 10000; ++micros)
        ++counts[TimeHistogram::bucket_of(micros * 1000)];
    for (const double share : {0.01, 0.5, 0.9, 0.99}) {
        const double bound =
            static_cast<double>(TimeHistogram::quantile(counts, share));
        EXPECT_GE(bound, share * 10000);
        EXPECT_LE(bound, share * 10000 * 1.13);
    }
}

}  // namespace
}  // namespace cppcgi::host
