// How a function becomes a handler that httpd, a CGI program or a FastCGI worker can call.
#ifndef CPPCGI_HANDLER_H
#define CPPCGI_HANDLER_H

#include <cppcgi/abi.h>
#include <cppcgi/api.h>
#include <cppcgi/request.h>
#include <cppcgi/response.h>

namespace cppcgi {

using HandlerFunction = void (*)(Request&, Response&);

namespace detail {

// Runs a handler behind the C boundary: makes its Request and Response, catches whatever
// it throws, sends what it wrote, and fills in how it ended.
CPPCGI_API void invoke(HandlerFunction handler, const cppcgi_gateway* gateway,
                       void* call, cppcgi_outcome* outcome) noexcept;

template <std::size_t Size>
consteval cppcgi_card make_card(const char (&name)[Size]) {
    static_assert(Size <= sizeof(cppcgi_card::name), "the handler's name is too long");
    cppcgi_card card{};
    for (std::size_t i = 0; i < sizeof card.magic; ++i)
        card.magic[i] = CPPCGI_CARD_MAGIC[i];
    card.size = sizeof card;
    card.abi = CPPCGI_ABI;
    for (std::size_t i = 0; i < sizeof CPPCGI_TOOLCHAIN; ++i)
        card.toolchain[i] = CPPCGI_TOOLCHAIN[i];
    for (std::size_t i = 0; i < Size; ++i) card.name[i] = name[i];
    return card;
}

}  // namespace detail

// Runs a handler as a program of its own: as a CGI program when the environment says so
// (GATEWAY_INTERFACE), else from the terminal, with NAME=VALUE arguments as its form.
// Returns the exit status.
CPPCGI_API int run(int argc, char** argv, const char* name, cppcgi_entry entry);

}  // namespace cppcgi

// Keeps the card through --gc-sections where the compiler can say so; `used` keeps it
// through the compiler.
#if defined(__has_attribute)
#if __has_attribute(retain)
#define CPPCGI_RETAIN_ , retain
#endif
#endif
#ifndef CPPCGI_RETAIN_
#define CPPCGI_RETAIN_
#endif

// Defines a handler:
//
//     CPPCGI_HANDLER(greet, req, res) { res << "Hello"; }
//
// NAME is what CppCGIHandler LIBRARY:NAME asks for; req is a cppcgi::Request&, res a
// cppcgi::Response&. Handlers run in several threads at once under worker and event: what
// they share must be locked. Several handlers may stand in one file. Every name declared
// here begins with cppcgi_, so a handler may be called index, read or test.
#define CPPCGI_HANDLER(handler, req, res)                                              \
    static void cppcgi_handler_##handler(::cppcgi::Request&, ::cppcgi::Response&);     \
    __attribute__((section(CPPCGI_CARD_SECTION), aligned(CPPCGI_CARD_ALIGNMENT),       \
                   used CPPCGI_RETAIN_)) static constinit const ::cppcgi_card          \
        cppcgi_card_##handler = ::cppcgi::detail::make_card(#handler);                 \
    extern "C" CPPCGI_API void cppcgi_entry_##handler(                                 \
        const ::cppcgi_gateway* cppcgi_gateway_, void* cppcgi_call_,                   \
        ::cppcgi_outcome* cppcgi_outcome_) {                                           \
        ::cppcgi::detail::invoke(&cppcgi_handler_##handler, cppcgi_gateway_,           \
                                 cppcgi_call_, cppcgi_outcome_);                       \
    }                                                                                  \
    static void cppcgi_handler_##handler([[maybe_unused]] ::cppcgi::Request& req,      \
                                         [[maybe_unused]] ::cppcgi::Response& res)

// Makes a program from the file that defines the handler NAME; ignored by a server that
// loads the same file as a library.
#define CPPCGI_MAIN(handler)                                                           \
    int main(int cppcgi_argc, char** cppcgi_argv) {                                    \
        return ::cppcgi::run(cppcgi_argc, cppcgi_argv, #handler,                       \
                             &cppcgi_entry_##handler);                                 \
    }

#endif
