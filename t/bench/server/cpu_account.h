// What a server has spent on the processors so far, with all its processes, also those that
// have ended. A control group of its own counts it where one may be made (root). Elsewhere
// /proc has to do, which misses what nobody waits for: the scripts of mod_cgid.
#ifndef CPPCGI_T_BENCH_SERVER_CPU_ACCOUNT_H
#define CPPCGI_T_BENCH_SERVER_CPU_ACCOUNT_H

#include <sys/types.h>

#include <string>

namespace cppcgi_bench {

class CpuAccount {
public:
    CpuAccount();
    // Removes the group; its processes must have ended.
    ~CpuAccount();
    CpuAccount(const CpuAccount&) = delete;
    CpuAccount& operator=(const CpuAccount&) = delete;

    // What the calling process starts between these two is counted.
    void enter();
    void leave();

    // Microseconds, for the server with this process.
    double spent(pid_t server) const;

    bool counts_all() const { return !group_.empty(); }

private:
    std::string parent_;
    std::string group_;
};

}  // namespace cppcgi_bench

#endif
