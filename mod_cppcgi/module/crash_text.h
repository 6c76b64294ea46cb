// The text of a crash report, put together in a signal handler: fixed memory, no locale, no
// allocation, no call that is not async-signal-safe. Each line starts as one of httpd's log
// and carries the message's number.
#ifndef CPPCGI_MODULE_CRASH_TEXT_H
#define CPPCGI_MODULE_CRASH_TEXT_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace cppcgi::module {

class CrashText {
public:
    struct Decimal {
        long value;
        int width = 1;
    };
    struct Hex {
        std::uintptr_t value;
    };

    explicit CrashText(std::string_view number) noexcept : number_(number) {
        clock_gettime(CLOCK_REALTIME, &now_);
    }

    // Starts a line.
    CrashText& line() noexcept {
        if (size_ != 0) *this << '\n';
        *this << "[";
        write_time();
        return *this << "] [cppcgi:crit] [pid " << Decimal{getpid()} << ":tid "
                     << Decimal{syscall(SYS_gettid)} << "] " << number_;
    }

    CrashText& operator<<(std::string_view text) noexcept {
        for (const char character : text) *this << character;
        return *this;
    }
    CrashText& operator<<(char character) noexcept {
        if (size_ + 1 < sizeof text_) text_[size_++] = character;
        return *this;
    }
    CrashText& operator<<(Decimal number) noexcept {
        return digits(static_cast<std::uint64_t>(number.value), 10, number.width);
    }
    CrashText& operator<<(Hex number) noexcept {
        return (*this << "0x").digits(number.value, 16, 1);
    }

    // Text of a client: what could end the line or hide it is shown as \xNN.
    CrashText& escaped(std::string_view text) noexcept {
        for (const char character : text) {
            const auto byte = static_cast<unsigned char>(character);
            if (byte >= 0x20 && byte != 0x7f && character != '\\')
                *this << character;
            else
                (*this << "\\x").digits(byte, 16, 2);
        }
        return *this;
    }

    // In one write where the kernel takes it, so that reports do not mix.
    void write_to(int descriptor) noexcept {
        text_[size_++] = '\n';
        const char* rest = text_;
        while (size_ != 0) {
            const ssize_t written = ::write(descriptor, rest, size_);
            if (written <= 0) return;
            rest += written;
            size_ -= static_cast<std::size_t>(written);
        }
    }

private:
    CrashText& digits(std::uint64_t value, unsigned base, int width) noexcept {
        char reversed[24];
        int count = 0;
        do {
            reversed[count++] = "0123456789abcdef"[value % base];
            value /= base;
        } while (value != 0);
        while (count < width) reversed[count++] = '0';
        while (count != 0) *this << reversed[--count];
        return *this;
    }

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
    std::size_t size_ = 0;
    char text_[16 * 1024];
};

}  // namespace cppcgi::module

#endif
