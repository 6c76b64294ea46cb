#include "module/script_privileged.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_portable.h>
#include <apr_thread_proc.h>
#include <cerrno>
#include <http_core.h>
#include <unixd.h>

namespace cppcgi::module {

namespace {

// APR wants files of its own; they do not own the descriptor.
apr_file_t* borrow(apr_pool_t* pool, int fd) {
    apr_file_t* file = nullptr;
    apr_os_file_put(&file, &fd, APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_NOCLEANUP,
                    pool);
    return file;
}

apr_procattr_t* attributes(apr_pool_t* pool, request_rec* r,
                           const host::SpawnRequest& request,
                           apr_cmdtype_e request_type) {
    apr_procattr_t* attr = nullptr;
    if (apr_procattr_create(&attr, pool) != APR_SUCCESS) return nullptr;
    apr_procattr_dir_set(attr, request.cwd);
    apr_procattr_cmdtype_set(attr, request_type);
    apr_procattr_error_check_set(attr, 1);
    const int input = request.fds[0];
    if (input >= 0) {
        apr_procattr_child_in_set(attr, borrow(pool, input), nullptr);
    } else {
        apr_file_t* nothing = nullptr;
        if (apr_file_open(&nothing, "/dev/null", APR_FOPEN_READ, APR_OS_DEFAULT,
                          pool) != APR_SUCCESS) {
            return nullptr;
        }
        apr_procattr_child_in_set(attr, nothing, nullptr);
    }
    apr_procattr_child_out_set(attr, borrow(pool, request.fds[1]), nullptr);
    apr_procattr_child_err_set(attr, borrow(pool, request.fds[2]), nullptr);
    const auto* core = static_cast<const core_dir_config*>(
        ap_get_core_module_config(r->per_dir_config));
    if (core->limit_cpu) apr_procattr_limit_set(attr, APR_LIMIT_CPU, core->limit_cpu);
    if (core->limit_mem) apr_procattr_limit_set(attr, APR_LIMIT_MEM, core->limit_mem);
    if (core->limit_nproc)
        apr_procattr_limit_set(attr, APR_LIMIT_NPROC, core->limit_nproc);
    return attr;
}

}  // namespace

bool is_privileged(request_rec* r) {
    return ap_unixd_config.suexec_enabled && ap_run_get_suexec_identity(r) != nullptr;
}

host::SpawnResult spawn_privileged(request_rec* r, const host::SpawnRequest& request,
                                   const char* shell_command) {
    host::SpawnResult result;
    // suexec runs no shell: it takes the command for a program beside the page.
    const char* const shell_arguments[] = {shell_command, nullptr};
    const char* program = shell_command ? shell_command : request.path;
    const char* const* arguments = shell_command ? shell_arguments : request.argv;
    apr_pool_t* pool = nullptr;
    apr_pool_create(&pool, r->pool);
    apr_procattr_t* attr =
        attributes(pool, r, request, shell_command ? APR_SHELLCMD : APR_PROGRAM);
    apr_proc_t started{};
    const apr_status_t rv =
        attr ? ap_os_create_privileged_process(r, &started, program, arguments,
                                               request.envp, attr, pool)
             : APR_EGENERAL;
    if (rv == APR_SUCCESS) {
        result.pid = started.pid;
        result.pidfd = static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0));
    } else {
        result.step = host::SpawnStep::clone;
        result.error = rv;
    }
    apr_pool_destroy(pool);
    return result;
}

}  // namespace cppcgi::module
