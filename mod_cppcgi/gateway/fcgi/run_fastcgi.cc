#include "gateway/fastcgi_hook.h"

#include "gateway/fcgi/listener.h"
#include "gateway/fcgi/worker.h"
#include "gateway/program_life.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>

// The program's own cards, between symbols that the linker makes.
extern "C" {
extern const char cppcgi_first_card[] __asm__("__start_cppcgi_cards")
    __attribute__((weak, visibility("hidden")));
extern const char cppcgi_end_of_cards[] __asm__("__stop_cppcgi_cards")
    __attribute__((weak, visibility("hidden")));
}

namespace cppcgi::program {

namespace {

bool is_serial(std::string_view name) {
    for (const char* at = cppcgi_first_card;
         at && at + sizeof(cppcgi_card) <= cppcgi_end_of_cards;
         at += CPPCGI_CARD_ALIGNMENT) {
        if (std::memcmp(at, CPPCGI_CARD_MAGIC, sizeof(cppcgi_card::magic)) != 0)
            continue;
        cppcgi_card card;
        std::memcpy(&card, at, sizeof card);
        if (name == card.name) return (card.flags & CPPCGI_CARD_SERIAL) != 0;
    }
    return false;
}

bool is_worker(std::span<const char* const> arguments) {
    if (inherited_listener() >= 0) return true;
    return !arguments.empty() && std::string_view(arguments[0]).starts_with("--listen");
}

// The handler of this program.
class OwnHandler final : public HandlerSource {
public:
    OwnHandler(std::string_view name, cppcgi_entry entry)
        : handler_{std::string(name), entry, is_serial(name) ? &serial_ : nullptr, {}} {
    }
    std::vector<ServedHandler> open() override {
        if (const std::string failure = start_program(); !failure.empty())
            throw std::runtime_error(handler_.name + ": its " + failure);
        return {handler_};
    }
    void close() noexcept override {
        const std::string failure = stop_program();
        if (!failure.empty())
            std::fprintf(stderr, "%s: its %s\n", handler_.name.c_str(),
                         failure.c_str());
    }

private:
    std::mutex serial_;
    ServedHandler handler_;
};

}  // namespace

std::optional<int> run_fastcgi(std::string_view name, cppcgi_entry entry,
                               std::span<const char* const> arguments) {
    if (!is_worker(arguments)) return {};
    try {
        const WorkerOptions options = parse_worker_options(arguments);
        OwnHandler handler(name, entry);
        return run_worker(options, handler);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(name.size()), name.data(),
                     error.what());
        return 2;
    }
}

}  // namespace cppcgi::program
