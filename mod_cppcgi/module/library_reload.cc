#include "module/library_reload.h"

#include "gateway/httpd/log.h"
#include "host/card.h"
#include "host/checker.h"
#include "module/generation.h"
#include "module/statistics.h"

#include <chrono>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace cppcgi::module {

namespace {

constexpr std::int64_t look_interval = 100;  // milliseconds

std::int64_t milliseconds_now() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

LibraryReload::LibraryReload(server_rec* server, LibraryOpener& opener,
                             const Library& library, const Generation& generation)
    : server_(server),
      opener_(opener),
      library_(library),
      generation_(generation),
      seen_(library.key),
      current_(library.version) {
    copy_options_.patience = std::chrono::milliseconds(0);
    if (generation.library_dir) copy_options_.library_dir = generation.library_dir;
}

std::shared_ptr<LibraryVersion> LibraryReload::current() {
    const std::int64_t now = milliseconds_now();
    if (now >= next_look_.load(std::memory_order_relaxed)) {
        const std::unique_lock lock(look_mutex_, std::try_to_lock);
        if (lock && now >= next_look_.load(std::memory_order_relaxed)) {
            look();
            next_look_.store(milliseconds_now() + look_interval,
                             std::memory_order_relaxed);
        }
    }
    const std::scoped_lock lock(current_mutex_);
    return current_;
}

void LibraryReload::look() {
    host::FileKey key;
    const int error = host::read_key(library_.path, key);
    if (error != 0) {
        if (!std::exchange(is_missing_, true))
            ap_log_error(
                APLOG_MARK, APLOG_WARNING, 0, server_,
                "CPPCGI0530: %s cannot be looked at any more (%s); the version "
                "that is open serves on",
                library_.path, std::strerror(error));
        return;
    }
    is_missing_ = false;
    if (key == seen_) return;
    host::CopyResult made = host::make_private_copy(library_.path, copy_options_);
    // Somebody still writes: later.
    if (made.fault.cause == host::LibraryCause::changing) return;
    seen_ = made.fault ? key : made.copy.key;
    if (made.fault) return report(made.fault);
    host::LibraryFault fault;
    std::shared_ptr<LibraryVersion> next = open_copy(made.copy, fault);
    if (!next) return report(fault);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server_,
                 "CPPCGI0531: a new version of %s serves in this child", library_.path);
    count_library(server_, library_, seen_);
    const std::scoped_lock lock(current_mutex_);
    // The old one ends with its last call, in that call's thread.
    current_.swap(next);
}

std::shared_ptr<LibraryVersion> LibraryReload::open_copy(const host::PrivateCopy& copy,
                                                         host::LibraryFault& fault) {
    const host::CardResult read = host::read_cards(copy.fd, library_.path);
    fault = read.fault;
    if (fault) {
        ::close(copy.fd);
        return nullptr;
    }
    fault = check(copy, read.cards);
    if (fault) {
        ::close(copy.fd);
        return nullptr;
    }
    auto version = std::make_shared<LibraryVersion>(server_, opener_, library_.path,
                                                    copy.fd, true, read.cards);
    fault = version->fault();
    for (auto* pending = generation_.pending; pending && !fault;
         pending = pending->next) {
        const Handler* handler = pending->registration->handler;
        if (handler->library == &library_ && !version->find(handler->name))
            fault = {
                host::LibraryCause::no_entry,
                std::string(library_.path) + " has no handler \"" + handler->name +
                    "\" any more; put it back, or take it out of the configuration "
                    "and restart gracefully"};
    }
    if (!fault && version->life() && !version->life()->start())
        fault = {host::LibraryCause::cannot_open,
                 std::string(library_.path) +
                     " cannot start in this child; see the line "
                     "before"};
    return fault ? nullptr : version;
}

// A process of its own opens it first: constructors that crash or hang would take this
// child with them, and each one after it. Where none can be started, it has to do without.
host::LibraryFault LibraryReload::check(const host::PrivateCopy& copy,
                                        const std::vector<host::Card>& cards) const {
    host::CheckRequest request;
    request.file = library_.path;
    request.fd = copy.fd;
    request.cards = cards;
    request.loader = &opener_.mutex;
    host::LibraryFault fault = host::check_library(request);
    // A handler that opens a library of its own may have held the loader's lock as the
    // process was made, which then waits for a thread that it does not have.
    if (fault.cause == host::LibraryCause::check_timed_out)
        fault = host::check_library(request);
    return fault.cause == host::LibraryCause::check_failed ? host::LibraryFault()
                                                           : fault;
}

void LibraryReload::report(const host::LibraryFault& fault) {
    ap_log_error(
        APLOG_MARK, APLOG_ERR, 0, server_,
        "CPPCGI0533: the new version of %s is not taken, the old one serves on: "
        "%s: %s",
        library_.path, host::message_number(fault.cause), fault.text.c_str());
}

}  // namespace cppcgi::module
