// An object of each thread, whose destructor is code of this library.
#include <cppcgi.h>

#include <vector>

#include "rude.h"

namespace {

struct Buffer {
    std::vector<std::string> texts;
    ~Buffer() {
        for (std::string& text : texts) text.assign(1000, 'x');
    }
};

thread_local Buffer buffer;

}  // namespace

CPPCGI_HANDLER(rude_thread_local, req, res) {
    buffer.texts.push_back(build_number());
    res << buffer.texts.back();
}
