#include "tools/handler_libraries.h"

#include "gateway/program_life.h"
#include "host/checker.h"
#include "tools/installation.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <unistd.h>

namespace cppcgi::tools {

namespace {

void refuse(const host::LibraryFault& fault) {
    if (fault)
        throw std::runtime_error(std::string(host::message_number(fault.cause)) + ": " +
                                 fault.text);
}

template <class Function>
Function find(void* handle, const std::string& symbol) {
    return reinterpret_cast<Function>(host::find_symbol(handle, symbol));
}

host::PrivateCopy copy_of(const std::string& file) {
    host::CopyResult made = host::make_private_copy(file);
    refuse(made.fault);
    return made.copy;
}

}  // namespace

HandlerLibraries::~HandlerLibraries() {
    for (const Library& library : libraries_) ::close(library.copy.fd);
    if (runtime_.fd >= 0) ::close(runtime_.fd);
}

void HandlerLibraries::add_runtime() {
    runtime_file_ = library_directory() / "libcppcgi.so.1";
    runtime_ = copy_of(runtime_file_);
}

void HandlerLibraries::add(const std::string& file) {
    if (runtime_.fd < 0) add_runtime();
    host::PrivateCopy copy = copy_of(file);
    host::CardResult read = host::read_cards(copy.fd, file);
    if (read.fault) ::close(copy.fd);
    refuse(read.fault);
    Library& library = libraries_.emplace_back();
    library.file = file;
    library.copy = copy;
    library.cards = std::move(read.cards);
}

void HandlerLibraries::check() const {
    for (const Library& library : libraries_) {
        host::CheckRequest request;
        request.file = library.file;
        request.fd = library.copy.fd;
        request.cards = library.cards;
        request.runtime = runtime_file_;
        request.runtime_fd = runtime_.fd;
        refuse(host::check_library(request));
    }
}

std::vector<OpenHandler> HandlerLibraries::offered() {
    std::vector<OpenHandler> handlers;
    for (Library& library : libraries_) {
        const std::string stem(host::file_stem(library.file));
        for (const host::Card& card : library.cards)
            handlers.push_back(
                {card.name, stem, card.name == stem || library.cards.size() == 1,
                 nullptr, card.flags & CPPCGI_CARD_SERIAL ? &library.serial : nullptr});
    }
    return handlers;
}

std::vector<OpenHandler> HandlerLibraries::open() {
    std::vector<OpenHandler> handlers = offered();
    auto handler = handlers.begin();
    refuse(loader_.open(runtime_.fd, runtime_file_).fault);
    for (Library& library : libraries_) {
        const host::OpenLibrary opened = loader_.open(library.copy.fd, library.file);
        refuse(opened.fault);
        library.handle = opened.handle;
        start(library);
        for (const host::Card& card : library.cards) {
            const host::Entry entry =
                host::find_entry(library.handle, card.name, library.file);
            refuse(entry.fault);
            (handler++)->entry = entry.function;
        }
    }
    return handlers;
}

void HandlerLibraries::start(Library& library) {
    cppcgi_outcome outcome;
    outcome.size = sizeof outcome;
    if (const auto begin =
            find<cppcgi_child>(library.handle, CPPCGI_CHILD_START_SYMBOL)) {
        begin(&outcome);
        if (const std::string failure = program::failure_of(outcome); !failure.empty())
            throw std::runtime_error("CPPCGI_CHILD_START of " + library.file + " " +
                                     failure);
    }
    for (const host::Card& card : library.cards) {
        if (!(card.flags & CPPCGI_CARD_STATE)) continue;
        const auto change =
            find<cppcgi_state>(library.handle, CPPCGI_STATE_PREFIX + card.name);
        if (!change) continue;
        change(1, &outcome);
        if (const std::string failure = program::failure_of(outcome); !failure.empty())
            throw std::runtime_error("the handler " + card.name + " of " +
                                     library.file + " cannot be made: it " + failure);
    }
}

// What these throw has nobody left to tell but the log.
void HandlerLibraries::stop(Library& library) noexcept {
    cppcgi_outcome outcome;
    outcome.size = sizeof outcome;
    for (auto card = library.cards.rbegin(); card != library.cards.rend(); ++card) {
        if (!(card->flags & CPPCGI_CARD_STATE)) continue;
        if (const auto change =
                find<cppcgi_state>(library.handle, CPPCGI_STATE_PREFIX + card->name))
            change(0, &outcome);
    }
    const auto end = find<cppcgi_child>(library.handle, CPPCGI_CHILD_STOP_SYMBOL);
    if (!end) return;
    end(&outcome);
    if (outcome.cause != CPPCGI_CAUSE_NONE)
        std::fprintf(stderr, "CPPCGI_CHILD_STOP of %s threw %s\n", library.file.c_str(),
                     outcome.type);
}

void HandlerLibraries::close() noexcept {
    for (auto library = libraries_.rbegin(); library != libraries_.rend(); ++library)
        if (library->handle) stop(*library);
}

}  // namespace cppcgi::tools
