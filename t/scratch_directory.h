// A directory of its own for one test, removed with all that is in it. Its path has no
// symbolic link in it.
#ifndef CPPCGI_T_SCRATCH_DIRECTORY_H
#define CPPCGI_T_SCRATCH_DIRECTORY_H

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cppcgi_test {

class ScratchDirectory {
public:
    ScratchDirectory() {
        path_ = std::filesystem::temp_directory_path().string() + "/cppcgi-test-XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = std::filesystem::canonical(path_).string();
    }
    ~ScratchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(std::string_view name) const {
        return path_ + "/" + std::string(name);
    }

    // Writes a file anew and returns its path.
    std::string write(std::string_view name, std::string_view content,
                      mode_t mode = 0644) const {
        std::string file = *this / name;
        std::ofstream(file, std::ios::binary | std::ios::trunc)
            .write(content.data(), static_cast<std::streamsize>(content.size()));
        ::chmod(file.c_str(), mode);
        return file;
    }

    static std::string read(const std::string& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

private:
    std::string path_;
};

}  // namespace cppcgi_test

#endif
