// A copy of an input that ends right at an unmapped page, so that a parser which reads
// one byte too far faults. Owned by the test that makes it.
#ifndef CPPCGI_T_GUARD_PAGE_H
#define CPPCGI_T_GUARD_PAGE_H

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <string_view>

namespace cppcgi_test {

class GuardPage {
public:
    explicit GuardPage(std::string_view input) : size_(input.size()) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t readable = (size_ + page - 1) / page * page;
        length_ = readable + page;
        void* start = mmap(nullptr, length_, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (start == MAP_FAILED) throw std::bad_alloc();
        start_ = static_cast<char*>(start);
        if (mprotect(start_ + readable, page, PROT_NONE) != 0) throw std::bad_alloc();
        data_ = start_ + readable - size_;
        if (size_ != 0) std::memcpy(data_, input.data(), size_);
    }
    ~GuardPage() { munmap(start_, length_); }
    GuardPage(const GuardPage&) = delete;
    GuardPage& operator=(const GuardPage&) = delete;

    // Lives as long as this object; the byte behind its last one is not mapped.
    std::string_view view() const { return {data_, size_}; }
    char* data() { return data_; }

private:
    std::size_t size_;
    std::size_t length_ = 0;
    char* start_ = nullptr;
    char* data_ = nullptr;
};

}  // namespace cppcgi_test

#endif
