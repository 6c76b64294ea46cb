// Preloaded into a private httpd: at the real-time signal SIGRTMIN+10 the process writes how
// many thread-local keys it could still make to the file that CPPCGI_TEST_REPORT names.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>

namespace {

void count(int) {
    pthread_key_t keys[PTHREAD_KEYS_MAX];
    int free = 0;
    while (free < PTHREAD_KEYS_MAX && pthread_key_create(&keys[free], nullptr) == 0)
        ++free;
    for (int i = 0; i < free; ++i) pthread_key_delete(keys[i]);
    const char* report = std::getenv("CPPCGI_TEST_REPORT");
    const int file = report ? open(report, O_WRONLY | O_TRUNC) : -1;
    if (file < 0) return;
    dprintf(file, "%d.", free);
    close(file);
}

[[gnu::constructor]] void install() { signal(SIGRTMIN + 10, count); }

}  // namespace
