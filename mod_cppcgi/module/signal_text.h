// Text put together in a signal handler: fixed memory, no locale, no allocation, no call
// that is not async-signal-safe.
#ifndef CPPCGI_MODULE_SIGNAL_TEXT_H
#define CPPCGI_MODULE_SIGNAL_TEXT_H

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unistd.h>

namespace cppcgi::module {

class SignalText {
public:
    struct Decimal {
        long value;
        int width = 1;
    };
    struct Hex {
        std::uintptr_t value;
    };

    SignalText& operator<<(std::string_view text) noexcept {
        for (const char character : text) *this << character;
        return *this;
    }
    SignalText& operator<<(char character) noexcept {
        if (size_ + 1 < sizeof text_) text_[size_++] = character;
        return *this;
    }
    SignalText& operator<<(Decimal number) noexcept {
        return digits(static_cast<std::uint64_t>(number.value), 10, number.width);
    }
    SignalText& operator<<(Hex number) noexcept {
        return (*this << "0x").digits(number.value, 16, 1);
    }

    // Text of a client: what could end the line or hide it is shown as \xNN.
    SignalText& escaped(std::string_view text) noexcept {
        for (const char character : text) {
            const auto byte = static_cast<unsigned char>(character);
            if (byte >= 0x20 && byte != 0x7f && character != '\\')
                *this << character;
            else
                (*this << "\\x").digits(byte, 16, 2);
        }
        return *this;
    }

    void clear() noexcept { size_ = 0; }
    std::string_view view() const noexcept { return {text_, size_}; }

    // As a line, in one write where the kernel takes it, so that reports do not mix.
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
    SignalText& digits(std::uint64_t value, unsigned base, int width) noexcept {
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

    std::size_t size_ = 0;
    char text_[16 * 1024] = {};
};

}  // namespace cppcgi::module

#endif
