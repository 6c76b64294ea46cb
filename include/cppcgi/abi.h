// The boundary between a host of handlers (the httpd module, a CGI program, a FastCGI
// worker, a test) and libcppcgi: plain C data and one table of functions. No C++ object,
// allocation or exception crosses it, so that host and library may be of different
// versions and come from different compilers. Handlers use the classes of cppcgi.h.
//
// Growth: a record starts with its size; new members go to the end, and who reads one
// asks CPPCGI_HAS first. CPPCGI_ABI changes only with the SONAME.
#ifndef CPPCGI_ABI_H
#define CPPCGI_ABI_H

#include <cstddef>
#include <cstdint>
#include <type_traits>

#define CPPCGI_ABI 1

// True when the record behind POINTER is long enough to have MEMBER.
#define CPPCGI_HAS(pointer, member)                                                    \
    ((pointer)->size >= offsetof(std::remove_cvref_t<decltype(*(pointer))>, member) +  \
                            sizeof((pointer)->member))

// What a handler library was built with, as far as two C++ objects of one process must
// agree: library family, std::string's ABI, debug mode, pointer size. The compiler is not
// in it: g++ and clang differ in __GXX_ABI_VERSION on the same ABI.
#if defined(_LIBCPP_VERSION)
#define CPPCGI_TOOLCHAIN_FAMILY_ "libc++"
#define CPPCGI_TOOLCHAIN_STRING_ "abi1"
#else
#define CPPCGI_TOOLCHAIN_FAMILY_ "libstdc++"
#if defined(_GLIBCXX_USE_CXX11_ABI) && _GLIBCXX_USE_CXX11_ABI
#define CPPCGI_TOOLCHAIN_STRING_ "cxx11"
#else
#define CPPCGI_TOOLCHAIN_STRING_ "cxx98"
#endif
#endif
#if defined(_GLIBCXX_DEBUG) || defined(_LIBCPP_DEBUG)
#define CPPCGI_TOOLCHAIN_DEBUG_ "debug"
#else
#define CPPCGI_TOOLCHAIN_DEBUG_ "plain"
#endif
#if UINTPTR_MAX == UINT64_MAX
#define CPPCGI_TOOLCHAIN_POINTER_ "64"
#else
#define CPPCGI_TOOLCHAIN_POINTER_ "32"
#endif
#define CPPCGI_TOOLCHAIN                                                               \
    CPPCGI_TOOLCHAIN_FAMILY_ "," CPPCGI_TOOLCHAIN_STRING_ "," CPPCGI_TOOLCHAIN_DEBUG_  \
                             "," CPPCGI_TOOLCHAIN_POINTER_

#define CPPCGI_CARD_MAGIC "CPPCGI\r\n"
#define CPPCGI_CARD_SECTION "cppcgi_cards"
#define CPPCGI_CARD_ALIGNMENT 32

// The symbol that a handler called NAME is entered by.
#define CPPCGI_ENTRY_PREFIX "cppcgi_entry_"
// The symbol that makes and ends the state of a handler with CPPCGI_CARD_STATE.
#define CPPCGI_STATE_PREFIX "cppcgi_state_"
// Symbols that a library may have: called once in each process that serves it, before the
// first call of its handlers and after the last.
#define CPPCGI_CHILD_START_SYMBOL "cppcgi_child_start"
#define CPPCGI_CHILD_STOP_SYMBOL "cppcgi_child_stop"

extern "C" {

// One handler, as it stands in the section cppcgi_cards of its library: read from the
// file by the server's parent and by `cppcgi doctor`, which never open the library.
// Strings end with NUL and are padded with it.
struct cppcgi_card {
    char magic[8];        // CPPCGI_CARD_MAGIC without its NUL
    std::uint16_t size;   // of this record; the next stands at a multiple of 32 bytes
    std::uint16_t abi;    // CPPCGI_ABI
    std::uint32_t flags;  // CPPCGI_CARD_...; unknown ones are refused
    char toolchain[32];   // CPPCGI_TOOLCHAIN
    char name[80];        // of the handler, an identifier
};

enum {
    CPPCGI_CARD_SERIAL = 1,  // not thread-safe: one call at a time of its library's
    CPPCGI_CARD_STATE = 2    // a class: has a cppcgi_state_NAME
};

// Bytes that somebody else owns; not ended by NUL.
struct cppcgi_text {
    const char* data;
    std::size_t size;
};

struct cppcgi_pair {
    cppcgi_text name;
    cppcgi_text value;
};

// The head of a response. `headers` holds neither Status nor Content-Length unless the
// handler wrote them. The host refuses it as a whole when it is not fit for the wire.
struct cppcgi_head {
    std::uint32_t size;
    std::int32_t status;  // 200 to 599
    cppcgi_text reason;   // empty: the status's own
    const cppcgi_pair* headers;
    std::size_t header_count;
};

// The bounds that hold for one call, bytes and counts as in cppcgi::Limits.
struct cppcgi_limits {
    std::uint32_t size;
    std::uint32_t max_nesting;
    std::uint64_t max_body;
    std::uint64_t max_field;
    std::uint64_t max_file;
    std::uint64_t max_memory;
    std::uint64_t max_fields;
    std::uint64_t max_part_header;
    cppcgi_text spool_dir;  // empty: the system's
};

struct cppcgi_log_record {
    std::uint32_t size;
    std::int32_t level;  // syslog's: 3 error, 4 warning, 6 info, 7 debug
    const char* file;    // of the caller, NULL when unknown
    std::int32_t line;
    cppcgi_text message;
};

// Returns 0 to go on, anything else to stop; the visitor's caller returns that.
typedef int (*cppcgi_visit)(void* argument, cppcgi_text name, cppcgi_text value);

// A file that is to be the whole response, and what the host's configuration says of it.
struct cppcgi_file {
    std::uint32_t size;
    std::int32_t fd;
    cppcgi_text name;       // a path or a name; its extensions tell the type
    std::uint64_t length;   // in bytes
    std::int64_t modified;  // microseconds since 1970
    // From the host, empty where it says nothing.
    cppcgi_text type;
    cppcgi_text encoding;
    cppcgi_text language;
    cppcgi_text etag;
    // 1: `head` answers the conditions of the request (If-None-Match and its like).
    std::int32_t meets_conditions;
};

// What the host cannot know of an exception that leaves a handler: for its error report.
// Lives until `report` returns.
struct cppcgi_report {
    std::uint32_t size;
    std::int32_t enabled;  // 1: the handler has called cgitb::enable(), and these hold
    std::int32_t display;  // 1: the report goes to the client
    std::int32_t context;  // lines of source to show for a frame
    std::int32_t show_secrets;
    cppcgi_text logdir;             // empty: no file
    const cppcgi_pair* exceptions;  // type and text; behind it those nested in it
    std::size_t exception_count;
    const cppcgi_pair* fields;  // of the form, as far as it has been parsed
    std::size_t field_count;
};

enum { CPPCGI_WRITE_FLUSH = 1, CPPCGI_WRITE_END = 2 };

// What `read` returns beside an HTTP status made negative (-413: longer than the server
// takes, -408: too slow, -400: malformed chunking or a body shorter than its length).
enum { CPPCGI_READ_END = 0, CPPCGI_READ_DATA = 1, CPPCGI_READ_ABORTED = -499 };

// What the host does for a handler. All text returned lives until the call ends, but for
// read's slice, which lives until the next read. One thread at a time uses a call.
struct cppcgi_gateway {
    std::uint32_t size;
    std::uint32_t abi;
    // One meta-variable (RFC 3875 section 4.1) by name; 1 when it is set, else 0.
    int (*variable)(void* call, cppcgi_text name, cppcgi_text* value);
    int (*each_variable)(void* call, cppcgi_visit visit, void* argument);
    // One request header, names compared without case, values of a repeated one joined
    // by ", "; 1 when it is there.
    int (*header)(void* call, cppcgi_text name, cppcgi_text* value);
    int (*each_header)(void* call, cppcgi_visit visit, void* argument);
    // CppCGIParam; 1 when it is set.
    int (*parameter)(void* call, cppcgi_text name, cppcgi_text* value);
    int (*each_parameter)(void* call, cppcgi_visit visit, void* argument);
    // Arguments from a query without "=" (RFC 3875 section 4.4); names are empty.
    int (*each_argument)(void* call, cppcgi_visit visit, void* argument);
    void (*limits)(void* call, cppcgi_limits* limits);
    // The next slice of the request body, decoded and after input filters, of any length
    // but 0. Returns CPPCGI_READ_...
    int (*read)(void* call, cppcgi_text* slice);
    // Sends the head; once a call. 0, or the status of a refusal (500) with nothing sent.
    int (*head)(void* call, const cppcgi_head* head);
    // Sends a piece of the body, after the head. 0, or -1 when the client has gone.
    int (*write)(void* call, cppcgi_text data, unsigned flags);
    // Sends `length` bytes of an open file from `offset`; the host duplicates fd.
    int (*send_file)(void* call, int fd, std::uint64_t offset, std::uint64_t length,
                     unsigned flags);
    int (*aborted)(void* call);  // 1 when the client is known to have gone
    void (*log)(void* call, const cppcgi_log_record* record);
    // From here on an older host may have nothing: ask CPPCGI_HAS.
    // Fills in what the host knows of a file; 1 when it looked.
    int (*describe_file)(void* call, cppcgi_file* file);
    // One more field for the page that the host makes of an error outcome (Retry-After,
    // Allow); what is not fit for a head is left out.
    void (*error_header)(void* call, cppcgi_text name, cppcgi_text value);
    // Answers with what another local URL ("/path?query") gives, fetched by GET, in place
    // of a head and a body. 0, or -1 when the head is out or it is no such URL.
    int (*redirect)(void* call, cppcgi_text location);
    // Called before the entry returns when its outcome will be EXCEPTION, UNKNOWN, or
    // ERROR with status 500. Must not throw and may not use the library any more.
    void (*report)(void* call, const cppcgi_report* report);
};

// How a call ended.
enum {
    CPPCGI_CAUSE_NONE = 0,       // the handler returned and its response was sent
    CPPCGI_CAUSE_ERROR = 1,      // it threw cppcgi::Error: `status` is its status
    CPPCGI_CAUSE_LIMIT = 2,      // the same, because a bound was met: `limit` names it
    CPPCGI_CAUSE_EXCEPTION = 3,  // it threw something derived from std::exception
    CPPCGI_CAUSE_UNKNOWN = 4,    // it threw something else
    CPPCGI_CAUSE_HEAD = 5,       // its response head is not fit for the wire
    CPPCGI_CAUSE_ABORTED = 6     // the client went away
};

enum { CPPCGI_FRAMES = 64 };

struct cppcgi_outcome {
    std::uint32_t size;
    std::int32_t cause;
    std::int32_t status;        // what to answer when nothing was sent yet
    std::int32_t head_sent;     // 1: a part of the response is out already
    std::uint64_t limit_value;  // with CPPCGI_CAUSE_LIMIT
    char limit[32];             // the directive's name, or empty
    char type[160];             // the exception's type, demangled, or empty
    char what[1024];            // the text, cut to fit; one line is not promised
    std::uint32_t
        spool_files;  // how many files hold its form; only where `size` has it
    // Where it was thrown: addresses of code, the innermost first, of calls and not of
    // what they return to. 0 when that is not known.
    std::uint32_t frame_count;
    std::uintptr_t frames[CPPCGI_FRAMES];
};

// A handler's entry: always returns with `outcome` filled in, never throws.
typedef void (*cppcgi_entry)(const cppcgi_gateway* gateway, void* call,
                             cppcgi_outcome* outcome);

// cppcgi_child_start, cppcgi_child_stop: `outcome` says what was thrown, if anything.
typedef void (*cppcgi_child)(cppcgi_outcome* outcome);

// cppcgi_state_NAME: makes the state (`start` 1) or ends it (0).
typedef void (*cppcgi_state)(int start, cppcgi_outcome* outcome);

}  // extern "C"

#endif
