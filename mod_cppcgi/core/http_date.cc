#include <cppcgi/http_date.h>

#include "core/characters.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>

namespace cppcgi {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> day_names{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes a text apart from its front; once something is missing, everything is.
class DateText {
public:
    explicit DateText(std::string_view text) noexcept : text_(text) {}

    bool ok() const noexcept { return ok_ && text_.empty(); }

    void skip(std::string_view word) noexcept {
        if (text_.starts_with(word)) {
            text_.remove_prefix(word.size());
        } else {
            ok_ = false;
        }
    }
    int number(std::size_t digits) noexcept {
        int value = 0;
        for (; digits != 0 && !text_.empty() && detail::is_digit(text_.front());
             --digits) {
            value = 10 * value + (text_.front() - '0');
            text_.remove_prefix(1);
        }
        ok_ = ok_ && digits == 0;
        return value;
    }
    // " 6" of the C library's form.
    int padded_number() noexcept {
        if (!text_.starts_with(' ')) return number(2);
        text_.remove_prefix(1);
        return number(1);
    }
    unsigned month() noexcept {
        const auto* const found =
            std::find(month_names.begin(), month_names.end(), text_.substr(0, 3));
        text_.remove_prefix(std::min<std::size_t>(3, text_.size()));
        ok_ = ok_ && found != month_names.end();
        return static_cast<unsigned>(found - month_names.begin()) + 1;
    }
    seconds time() noexcept {
        const int hour = number(2);
        skip(":");
        const int minute = number(2);
        skip(":");
        const int second = number(2);
        ok_ = ok_ && hour < 24 && minute < 60 && second <= 60;
        return hours(hour) + minutes(minute) + seconds(second);
    }

private:
    std::string_view text_;
    bool ok_ = true;
};

struct Parts {
    int day = 0;
    unsigned month = 0;
    int year = 0;
    seconds time{};
};

// The two forms in which the day comes before the month.
Parts day_first(DateText& text, std::string_view between, std::size_t year_digits) {
    Parts parts;
    text.skip(", ");
    parts.day = text.number(2);
    text.skip(between);
    parts.month = text.month();
    text.skip(between);
    parts.year = text.number(year_digits);
    text.skip(" ");
    parts.time = text.time();
    text.skip(" GMT");
    return parts;
}

Parts fixed_form(DateText& text) { return day_first(text, " ", 4); }

// RFC 850's, whose year has two digits: never more than fifty years ahead.
Parts long_form(DateText& text) {
    Parts parts = day_first(text, "-", 2);
    const auto today = year_month_day(floor<days>(system_clock::now()));
    const int this_year = static_cast<int>(today.year());
    parts.year += this_year - this_year % 100;
    if (parts.year > this_year + 50) parts.year -= 100;
    return parts;
}

// asctime's.
Parts c_form(DateText& text) {
    Parts parts;
    text.skip(" ");
    parts.month = text.month();
    text.skip(" ");
    parts.day = text.padded_number();
    text.skip(" ");
    parts.time = text.time();
    text.skip(" ");
    parts.year = text.number(4);
    return parts;
}

}  // namespace

// Not by strftime, whose names follow the locale.
std::string http_date(Time when) {
    const auto second = floor<seconds>(when);
    const auto day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss time(second - day);
    const std::string_view month = month_names[static_cast<unsigned>(date.month()) - 1];
    char text[64];
    std::snprintf(text, sizeof text, "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
                  day_names[weekday(day).c_encoding()].data(),
                  static_cast<unsigned>(date.day()), month.data(),
                  static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

std::optional<Time> parse_http_date(std::string_view text) {
    const std::string_view name = text.substr(0, text.find_first_of(", "));
    const auto* const day = std::find_if(
        day_names.begin(), day_names.end(), [&](std::string_view candidate) {
            return candidate == name || candidate.substr(0, 3) == name;
        });
    if (day == day_names.end()) return {};
    DateText rest(text.substr(name.size()));
    const bool is_short = name.size() == 3;
    const bool has_comma = text.substr(name.size()).starts_with(',');
    const Parts parts = !is_short   ? long_form(rest)
                        : has_comma ? fixed_form(rest)
                                    : c_form(rest);
    const auto date = year(parts.year) / month(parts.month) /
                      std::chrono::day(static_cast<unsigned>(parts.day));
    if (!rest.ok() || !date.ok()) return {};
    return sys_days(date) + parts.time;
}

}  // namespace cppcgi
