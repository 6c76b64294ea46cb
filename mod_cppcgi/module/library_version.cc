#include "module/library_version.h"

#include "gateway/httpd/log.h"
#include "host/elf_symbols.h"
#include "module/code_map.h"
#include "module/signals_held.h"

#include <atomic>
#include <unistd.h>

namespace cppcgi::module {

namespace {

// Versions of all libraries that this child could not unmap.
constinit std::atomic<int> versions_still_mapped{0};
constinit StillMappedCounter still_mapped_counter = nullptr;

}  // namespace

void count_still_mapped_child(StillMappedCounter counter) noexcept {
    still_mapped_counter = counter;
}

LibraryVersion::LibraryVersion(server_rec* server, LibraryOpener& opener,
                               const char* path, int descriptor, bool owns_descriptor,
                               const std::vector<host::Card>& cards)
    : server_(server),
      opener_(opener),
      path_(path),
      descriptor_(descriptor),
      owns_descriptor_(owns_descriptor) {
    const std::scoped_lock lock(opener_.mutex);
    {
        const SignalsHeld held;
        opened_ = opener_.loader.open(descriptor, path);
    }
    fault_ = opened_.fault;
    for (const host::Card& card : cards) {
        if (fault_) return;
        const host::Entry entry = host::find_entry(opened_.handle, card.name, path);
        fault_ = entry.fault;
        entries_.push_back({card.name, card.flags, entry.function});
    }
    if (fault_) return;
    code_ = name_code_child(opened_.handle, path, true);
    life_.emplace(server, path, cards, opened_.handle);
    if (!life_->is_needed()) life_.reset();
}

LibraryVersion::~LibraryVersion() {
    if (life_) {
        life_->stop();
        life_.reset();
    }
    const std::scoped_lock lock(opener_.mutex);
    // What the runtime keeps mapped goes with the child; said once, since it repeats with
    // every version, and counted.
    const bool is_unmapped = host::Loader::close(opened_);
    if (is_unmapped) {
        forget_code_child(code_);
    } else if (still_mapped_counter) {
        still_mapped_counter(path_);
    }
    if (!is_unmapped && versions_still_mapped.fetch_add(1) == 0) {
        const std::string reason = host::reason_to_stay(descriptor_);
        ap_log_error(
            APLOG_MARK, APLOG_NOTICE, 0, server_,
            "CPPCGI0532: an old version of %s stays mapped until this child ends: "
            "%s; each reload costs its size",
            path_,
            reason.empty() ? "a thread of its own or another library uses it"
                           : reason.c_str());
    }
    if (owns_descriptor_) ::close(descriptor_);
}

const LibraryVersion::Entry* LibraryVersion::find(
    std::string_view handler) const noexcept {
    for (const Entry& entry : entries_)
        if (entry.name == handler) return &entry;
    return nullptr;
}

}  // namespace cppcgi::module
