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

// Runs a hook of a library behind the same boundary.
CPPCGI_API void invoke_hook(void (*hook)(), cppcgi_outcome* outcome) noexcept;

template <std::size_t Size>
consteval cppcgi_card make_card(const char (&name)[Size], std::uint32_t flags = 0) {
    static_assert(Size <= sizeof(cppcgi_card::name), "the handler's name is too long");
    cppcgi_card card{};
    for (std::size_t i = 0; i < sizeof card.magic; ++i)
        card.magic[i] = CPPCGI_CARD_MAGIC[i];
    card.size = sizeof card;
    card.abi = CPPCGI_ABI;
    card.flags = flags;
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
    CPPCGI_HANDLER_WITH_FLAGS_(handler, req, res, 0)

// The same for code that is not thread-safe: calls of such handlers of one library wait for
// each other within a server child.
#define CPPCGI_HANDLER_SERIAL(handler, req, res)                                       \
    CPPCGI_HANDLER_WITH_FLAGS_(handler, req, res, CPPCGI_CARD_SERIAL)

#define CPPCGI_CARD_(handler, flags)                                                   \
    __attribute__((section(CPPCGI_CARD_SECTION), aligned(CPPCGI_CARD_ALIGNMENT),       \
                   used CPPCGI_RETAIN_)) static constinit const ::cppcgi_card          \
        cppcgi_card_##handler = ::cppcgi::detail::make_card(#handler, flags)

#define CPPCGI_ENTRY_(handler)                                                         \
    extern "C" CPPCGI_API void cppcgi_entry_##handler(                                 \
        const ::cppcgi_gateway* cppcgi_gateway_, void* cppcgi_call_,                   \
        ::cppcgi_outcome* cppcgi_outcome_) {                                           \
        ::cppcgi::detail::invoke(&cppcgi_handler_##handler, cppcgi_gateway_,           \
                                 cppcgi_call_, cppcgi_outcome_);                       \
    }

#define CPPCGI_HANDLER_WITH_FLAGS_(handler, req, res, flags)                           \
    static void cppcgi_handler_##handler(::cppcgi::Request&, ::cppcgi::Response&);     \
    CPPCGI_CARD_(handler, flags);                                                      \
    CPPCGI_ENTRY_(handler)                                                             \
    static void cppcgi_handler_##handler([[maybe_unused]] ::cppcgi::Request& req,      \
                                         [[maybe_unused]] ::cppcgi::Response& res)

// Defines a handler that is an object: TYPE is made once in each process that serves it (a
// pool of connections, a loaded model), called as object(req, res) from several threads at
// once, and ended after the last call. When its constructor throws, the handler answers 503
// and the server tries again, with growing pauses. A program makes it at its first call.
#define CPPCGI_HANDLER_CLASS(handler, Type)                                              \
    static Type* cppcgi_object_##handler = nullptr;                                      \
    static Type& cppcgi_object_of_program_##handler() {                                  \
        static Type cppcgi_object;                                                       \
        return cppcgi_object;                                                            \
    }                                                                                    \
    static void cppcgi_handler_##handler(::cppcgi::Request& req,                         \
                                         ::cppcgi::Response& res) {                      \
        (cppcgi_object_##handler ? *cppcgi_object_##handler                              \
                                 : cppcgi_object_of_program_##handler())(req, res);      \
    }                                                                                    \
    CPPCGI_CARD_(handler, CPPCGI_CARD_STATE);                                            \
    CPPCGI_ENTRY_(handler)                                                               \
    extern "C" CPPCGI_API void cppcgi_state_##handler(                                   \
        int cppcgi_start_, ::cppcgi_outcome* cppcgi_outcome_) {                          \
        ::cppcgi::detail::invoke_hook(                                                 \
            cppcgi_start_ ? +[] { cppcgi_object_##handler = new Type; } : +[] {        \
                delete cppcgi_object_##handler;                                        \
                cppcgi_object_##handler = nullptr;                                     \
            },                                                                         \
            cppcgi_outcome_); \
    }                                                                                    \
    static_assert(true)

// Code of a library that runs once in each server child before the first call of its
// handlers (CPPCGI_CHILD_START() { ... }) and after the last (CPPCGI_CHILD_STOP). When the
// first throws, the library's handlers answer 503 and it is tried again. Threads that a
// library starts belong here, and are joined in CPPCGI_CHILD_STOP.
#define CPPCGI_CHILD_START() CPPCGI_CHILD_HOOK_(cppcgi_child_start)
#define CPPCGI_CHILD_STOP() CPPCGI_CHILD_HOOK_(cppcgi_child_stop)
#define CPPCGI_CHILD_HOOK_(hook)                                                       \
    static void hook##_body();                                                         \
    extern "C" CPPCGI_API void hook(::cppcgi_outcome* cppcgi_outcome_) {               \
        ::cppcgi::detail::invoke_hook(&hook##_body, cppcgi_outcome_);                  \
    }                                                                                  \
    static void hook##_body()

// Makes a program from the file that defines the handler NAME; ignored by a server that
// loads the same file as a library. A test that links the file and has a main() of its own
// compiles it with -DCPPCGI_NO_MAIN.
#ifdef CPPCGI_NO_MAIN
#define CPPCGI_MAIN(handler)
#else
#define CPPCGI_MAIN(handler)                                                           \
    int main(int cppcgi_argc, char** cppcgi_argv) {                                    \
        return ::cppcgi::run(cppcgi_argc, cppcgi_argv, #handler,                       \
                             &cppcgi_entry_##handler);                                 \
    }
#endif

#endif
