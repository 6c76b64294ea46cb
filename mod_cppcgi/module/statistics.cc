#include "module/statistics.h"

#include "gateway/httpd/log.h"
#include "module/generation.h"
#include "module/library_version.h"
#include "module/slow_call.h"

#include <algorithm>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <charconv>
#include <cstring>
#include <ctime>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>
#include <string_view>
#include <unistd.h>

namespace cppcgi::module {

namespace {

// Of a clock that nobody sets. Not std::chrono's, which is a call into one library more.
std::uint64_t nanoseconds_now() noexcept {
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// Under which the counters hang off the process pool. Another layout has another size, and
// an upgraded module then starts anew.
constexpr const char* process_key = "mod_cppcgi counters 1";
constexpr const char* message_note = "cppcgi-message";
constexpr std::size_t message_size = 10;  // CPPCGI and four digits

struct Kept {
    std::size_t layout;
    host::Counters* counters;
    std::int64_t since;
};

// As many as the MPM can have at a time, those that are ending included.
unsigned child_limit() noexcept {
    int limit = 0;
    ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &limit);
    return static_cast<unsigned>(std::clamp(limit, 16, 20000));
}

const Kept* keep_counters(process_rec* process) {
    void* found = nullptr;
    apr_pool_userdata_get(&found, process_key, process->pool);
    const auto* kept = static_cast<const Kept*>(found);
    if (kept && kept->layout == sizeof(host::Counters) + sizeof(host::RowTotals))
        return kept;
    host::Counters* counters = host::Counters::create(child_limit());
    if (!counters) return nullptr;
    auto* made = static_cast<Kept*>(apr_palloc(process->pool, sizeof(Kept)));
    *made = {sizeof(host::Counters) + sizeof(host::RowTotals), counters,
             apr_time_now()};
    apr_pool_userdata_set(made, process_key, apr_pool_cleanup_null, process->pool);
    return made;
}

std::uint64_t state_of(const host::FileKey& key) noexcept {
    std::uint64_t hash = 14695981039346656037u;
    for (const std::uint64_t part :
         {static_cast<std::uint64_t>(key.device), static_cast<std::uint64_t>(key.inode),
          static_cast<std::uint64_t>(key.size), static_cast<std::uint64_t>(key.mtime),
          static_cast<std::uint64_t>(key.ctime)})
        hash = (hash ^ part) * 1099511628211u;
    return hash | 1;  // 0: none yet
}

template <std::size_t Size>
void copy_text(char (&to)[Size], const char* from) noexcept {
    if (!from) return;
    const std::size_t size = std::min(std::strlen(from), Size - 1);
    std::memcpy(to, from, size);
    to[size] = '\0';
}

// What the logs call this request: the report's id, mod_unique_id's, or httpd's log id.
const char* id_of(const request_rec* r) noexcept {
    if (const char* report = apr_table_get(r->notes, "cppcgi-report")) return report;
    if (const char* unique = apr_table_get(r->subprocess_env, "UNIQUE_ID"))
        return unique;
    return r->log_id;
}

// Gives a failed request the id that %L writes, if no line has done so.
void make_id(request_rec* r) noexcept {
    if (!id_of(r)) ap_run_generate_log_id(r->connection, r, &r->log_id);
}

// With the first handler of the library, as its reloads.
void count_still_mapped(const char* path) noexcept {
    const Statistics* statistics = statistics_of(ap_server_conf);
    const Generation& generation = generation_of(ap_server_conf->process->pconf);
    for (const Library* library = generation.libraries; library;
         library = library->next)
        if (library->path == path && library->handlers)
            statistics->counters->count_still_mapped(library->handlers->row,
                                                     statistics->child);
}

}  // namespace

const Statistics* statistics_of(const server_rec* server) noexcept {
    return static_cast<const Statistics*>(
        ap_get_module_config(server->module_config, &cppcgi_module));
}

void open_statistics_parent(apr_pool_t* configuration, server_rec* main_server) {
    const Kept* kept = keep_counters(main_server->process);
    if (!kept) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     "CPPCGI0630: there is no shared memory for the statistics: "
                     "nothing is counted; free memory or raise its limit");
        return;
    }
    host::Counters& counters = *kept->counters;
    auto* statistics =
        static_cast<Statistics*>(apr_palloc(configuration, sizeof(Statistics)));
    *statistics = {&counters, counters.row("scripts"), host::Counters::no_child,
                   kept->since};
    for (server_rec* server = main_server; server; server = server->next)
        ap_set_module_config(server->module_config, &cppcgi_module, statistics);
    const Generation& generation = generation_of(configuration);
    for (Library* library = generation.libraries; library; library = library->next) {
        for (Handler* handler = library->handlers; handler; handler = handler->next)
            handler->row = counters.row(handler->label);
        if (library->copy >= 0) count_library(main_server, *library, library->key);
    }
    for (auto* pending = generation.pending; pending; pending = pending->next) {
        Handler* broken = pending->registration->broken;
        if (broken) broken->row = counters.row(broken->label);
    }
}

void begin_statistics_child(server_rec* server) noexcept {
    // The record is this child's own now: a fork has copied it.
    auto* statistics = const_cast<Statistics*>(statistics_of(server));
    if (!statistics) return;
    statistics->child = statistics->counters->begin_child(::getpid());
    count_slow_calls_child([](const Handler& handler) noexcept {
        statistics_of(ap_server_conf)->counters->count_slow(handler.row);
    });
    count_still_mapped_child(count_still_mapped);
}

void end_statistics_of(const server_rec* server, pid_t child) noexcept {
    if (const Statistics* statistics = statistics_of(server))
        statistics->counters->end_child(child);
}

void count_library(const server_rec* server, const Library& library,
                   const host::FileKey& key) noexcept {
    const Statistics* statistics = statistics_of(server);
    if (!statistics) return;
    const auto now = static_cast<std::uint64_t>(std::time(nullptr));
    for (const Handler* handler = library.handlers; handler; handler = handler->next)
        statistics->counters->note_library(handler->row, state_of(key), now);
}

void note_message(const ap_errorlog_info& line, const char* text) noexcept {
    if (!line.r || line.level > APLOG_WARNING || !text) return;
    if (std::strncmp(text, "CPPCGI", 6) != 0 || std::strlen(text) < message_size)
        return;
    // The first one is the cause.
    if (apr_table_get(line.r->notes, message_note)) return;
    apr_table_setn(line.r->notes, message_note,
                   apr_pstrmemdup(line.r->pool, text, message_size));
}

CountedCall::CountedCall(request_rec* r, unsigned row, const char* name) noexcept
    : r_(r),
      statistics_(statistics_of(r->server)),
      row_(row),
      start_(nanoseconds_now()) {
    apr_table_setn(r->notes, "cppcgi-handler", name);
    if (statistics_) statistics_->counters->begin(row_, statistics_->child);
}

int CountedCall::conclude(int result) noexcept {
    status_ = ap_is_HTTP_VALID_RESPONSE(result) ? result : r_->status;
    return result;
}

CountedCall::~CountedCall() {
    const std::uint64_t time = nanoseconds_now() - start_;
    auto* digits = static_cast<char*>(apr_palloc(r_->pool, 24));
    *std::to_chars(digits, digits + 23, time / 1000).ptr = '\0';
    apr_table_setn(r_->notes, "cppcgi-usec", digits);
    if (!statistics_) return;
    const bool is_incomplete = apr_table_get(r_->notes, "cppcgi-incomplete") != nullptr;
    statistics_->counters->end(row_, statistics_->child,
                               {.status = status_,
                                .nanoseconds = time,
                                .bytes_in = traffic.in,
                                .bytes_out = traffic.out,
                                .is_spooled = traffic.is_spooled,
                                .is_incomplete = is_incomplete});
    if (status_ < 500 && !is_incomplete) return;
    make_id(r_);
    add_failure(apr_table_get(r_->notes, message_note), status_);
}

void CountedCall::add_failure(const char* message, int status) const noexcept {
    host::Failure failure;
    failure.time = static_cast<std::uint64_t>(apr_time_now());
    failure.status = status;
    copy_text(failure.message, message);
    copy_text(failure.id, id_of(r_));
    copy_text(failure.request, r_->the_request);
    statistics_->counters->add_failure(row_, failure);
}

void CountedCall::count_crash(const char* message) const noexcept {
    if (!statistics_) return;
    statistics_->counters->count_crash(row_);
    add_failure(message, 0);
}

}  // namespace cppcgi::module
