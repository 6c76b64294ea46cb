// A block of lines for the error log, put together in a signal handler. Each line starts as
// one of httpd's log and carries the message's number.
#ifndef CPPCGI_MODULE_CRASH_TEXT_H
#define CPPCGI_MODULE_CRASH_TEXT_H

#include "module/signal_text.h"

#include <ctime>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace cppcgi::module {

class CrashText : public SignalText {
public:
    explicit CrashText(std::string_view number) noexcept : number_(number) {
        clock_gettime(CLOCK_REALTIME, &now_);
    }

    // Starts a line.
    SignalText& line() noexcept {
        if (!view().empty()) *this << '\n';
        *this << "[";
        write_time();
        return *this << "] [cppcgi:crit] [pid " << Decimal{getpid()} << ":tid "
                     << Decimal{syscall(SYS_gettid)} << "] " << number_ << ": ";
    }

private:
    // In UTC: reading the time zone is not safe here. Days to a date as in Howard Hinnant's
    // "chrono-Compatible Low-Level Date Algorithms".
    void write_time() noexcept {
        const long seconds = now_.tv_sec % 86400;
        const long days = now_.tv_sec / 86400 + 719468;
        const long era = days / 146097;
        const long day_of_era = days - era * 146097;
        const long year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                                  day_of_era / 146096) /
                                 365;
        const long day_of_year =
            day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        const long shifted = (5 * day_of_year + 2) / 153;
        const long month = shifted < 10 ? shifted + 3 : shifted - 9;
        *this << Decimal{year_of_era + era * 400 + (month <= 2 ? 1 : 0)} << '-'
              << Decimal{month, 2} << '-'
              << Decimal{day_of_year - (153 * shifted + 2) / 5 + 1, 2} << ' '
              << Decimal{seconds / 3600, 2} << ':' << Decimal{seconds / 60 % 60, 2}
              << ':' << Decimal{seconds % 60, 2} << " UTC";
    }

    std::string_view number_;
    timespec now_{};
};

}  // namespace cppcgi::module

#endif
