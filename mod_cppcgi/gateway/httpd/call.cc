#include "gateway/httpd/call.h"

#include "core/head.h"
#include "gateway/httpd/environ.h"
#include "gateway/httpd/file.h"
#include "gateway/httpd/guard.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <cstring>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <poll.h>
#include <string_view>
#include <util_script.h>

namespace cppcgi::httpd {

namespace {

Call& call_of(void* call) noexcept { return *static_cast<Call*>(call); }

std::string_view view(const cppcgi_text& text) noexcept {
    return {text.data, text.size};
}

int give(const char* found, cppcgi_text* value) noexcept {
    if (!found) return 0;
    *value = {found, std::strlen(found)};
    return 1;
}

const char* terminated(Call& call, const cppcgi_text& text) {
    return apr_pstrmemdup(call.r->pool, text.data, text.size);
}

// Runs the body with the call behind the pointer; no exception leaves it.
template <class Function>
int guarded(void* pointer, int on_failure, Function&& function) noexcept {
    Call& call = call_of(pointer);
    return guard(call.r, on_failure, [&] { return function(call); });
}

int visit_table(const apr_table_t* table, cppcgi_visit visit, void* argument) {
    if (!table) return 0;
    const apr_array_header_t* elements = apr_table_elts(table);
    const auto* entries = reinterpret_cast<const apr_table_entry_t*>(elements->elts);
    for (int i = 0; i < elements->nelts; ++i) {
        const apr_table_entry_t& entry = entries[i];
        if (!entry.key) continue;
        if (const int stop = visit(argument, {entry.key, std::strlen(entry.key)},
                                   {entry.val, std::strlen(entry.val)}))
            return stop;
    }
    return 0;
}

int variable(void* pointer, cppcgi_text name, cppcgi_text* value) noexcept {
    return guarded(pointer, 0, [&](Call& call) {
        return give(find_variable(call.r, view(name), call.environment_complete),
                    value);
    });
}

int each_variable(void* pointer, cppcgi_visit visit, void* argument) noexcept {
    return guarded(pointer, 0, [&](Call& call) {
        return httpd::each_variable(call.r, call.environment_complete, visit, argument);
    });
}

int header(void* pointer, cppcgi_text name, cppcgi_text* value) noexcept {
    return guarded(pointer, 0, [&](Call& call) {
        return give(apr_table_get(call.r->headers_in, terminated(call, name)), value);
    });
}

int each_header(void* pointer, cppcgi_visit visit, void* argument) noexcept {
    return guarded(pointer, 0, [&](Call& call) {
        return visit_table(call.r->headers_in, visit, argument);
    });
}

int parameter(void* pointer, cppcgi_text name, cppcgi_text* value) noexcept {
    return guarded(pointer, 0, [&](Call& call) {
        apr_table_t* parameters = call.settings.parameters;
        return parameters
                   ? give(apr_table_get(parameters, terminated(call, name)), value)
                   : 0;
    });
}

int each_parameter(void* pointer, cppcgi_visit visit, void* argument) noexcept {
    return guarded(pointer, 0, [&](Call& call) {
        return visit_table(call.settings.parameters, visit, argument);
    });
}

// RFC 3875 section 4.4: words between "+", decoded, only when no "=" stands in the query.
int each_argument(void* pointer, cppcgi_visit visit, void* argument) noexcept {
    return guarded(pointer, 0, [&](Call& call) {
        const char* query = call.r->args;
        if (!call.settings.arguments || !query || !*query || std::strchr(query, '='))
            return 0;
        char* rest = apr_pstrdup(call.r->pool, query);
        while (char* word = apr_strtok(rest, "+", &rest)) {
            ap_unescape_url(word);
            if (const int stop = visit(argument, {"", 0}, {word, std::strlen(word)}))
                return stop;
        }
        return 0;
    });
}

void limits(void* pointer, cppcgi_limits* limits) noexcept {
    const cppcgi_limits& own = *call_of(pointer).settings.limits;
    const std::uint32_t size = std::min(limits->size, own.size);
    std::memcpy(limits, &own, size);
    limits->size = size;
}

int read(void* pointer, cppcgi_text* slice) noexcept {
    return guarded(pointer, -HTTP_INTERNAL_SERVER_ERROR,
                   [&](Call& call) { return call.body.read(slice); });
}

int head(void* pointer, const cppcgi_head* head) noexcept {
    return guarded(pointer, HTTP_INTERNAL_SERVER_ERROR, [&](Call& call) {
        // A filter has answered in the handler's place.
        if (call.body.is_answered()) return HTTP_INTERNAL_SERVER_ERROR;
        const detail::HeadCheck check = detail::check_head(*head);
        if (check) {
            call.reply.take_head(*head);
            return 0;
        }
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, call.r,
            "CPPCGI0210: the response head of handler %s is refused as a whole: %s; "
            "check what the handler puts into a header",
            call.settings.handler, detail::describe(check, *head).c_str());
        return HTTP_INTERNAL_SERVER_ERROR;
    });
}

int write(void* pointer, cppcgi_text data, unsigned flags) noexcept {
    return guarded(pointer, -1, [&](Call& call) {
        if (flags & CPPCGI_WRITE_END) call.body.drain();
        return call.reply.write(data, flags) ? 0 : -1;
    });
}

int describe_file(void* pointer, cppcgi_file* file) noexcept {
    return guarded(pointer, 0, [&](Call& call) {
        httpd::describe_file(call.r, *file);
        call.reply.expect_file(file->length);
        return 1;
    });
}

void error_header(void* pointer, cppcgi_text name, cppcgi_text value) noexcept {
    guarded(pointer, 0, [&](Call& call) {
        const cppcgi_pair field = {name, value};
        const cppcgi_head head = {sizeof head, HTTP_OK, {}, &field, 1};
        if (!detail::check_head(head)) return 0;
        set_error_header(call.r, terminated(call, name), terminated(call, value));
        return 1;
    });
}

int redirect(void* pointer, cppcgi_text location) noexcept {
    return guarded(pointer, -1, [&](Call& call) {
        if (location.size == 0 || location.data[0] != '/') return -1;
        call.redirect_to = terminated(call, location);
        return 0;
    });
}

int send_file(void* pointer, int descriptor, std::uint64_t offset, std::uint64_t length,
              unsigned flags) noexcept {
    return guarded(pointer, -1, [&](Call& call) {
        if (flags & CPPCGI_WRITE_END) call.body.drain();
        return call.reply.send_file(descriptor, offset, length, flags) ? 0 : -1;
    });
}

// Asks the socket, since httpd notices only when it reads or writes. mod_http2 marks the
// streams of its connections itself.
bool has_gone(const Call& call) noexcept {
    const conn_rec* connection = call.r->connection;
    apr_socket_t* socket = ap_get_conn_socket(const_cast<conn_rec*>(connection));
    apr_os_sock_t descriptor = -1;
    if (connection->master || !socket ||
        apr_os_sock_get(&descriptor, socket) != APR_SUCCESS)
        return false;
    pollfd ask = {descriptor, POLLRDHUP, 0};
    if (::poll(&ask, 1, 0) != 1) return false;
    const int signs = POLLHUP | POLLERR | (call.settings.abort ? POLLRDHUP : 0);
    return (ask.revents & signs) != 0;
}

int aborted(void* pointer) noexcept {
    const Call& call = call_of(pointer);
    return call.r->connection->aborted || has_gone(call) ? 1 : 0;
}

void log(void* pointer, const cppcgi_log_record* record) noexcept {
    const Call& call = call_of(pointer);
    const int level = record->level < APLOG_ERR     ? APLOG_ERR
                      : record->level > APLOG_DEBUG ? APLOG_DEBUG
                                                    : record->level;
    const int size = static_cast<int>(record->message.size);
    // Also for %F of ErrorLogFormat, where httpd has a module's own.
    if (record->file)
        ap_log_rerror(record->file, record->line, APLOG_MODULE_INDEX, level, 0, call.r,
                      "CPPCGI0200: %s: %.*s (%s:%d)", call.settings.handler, size,
                      record->message.data, record->file, record->line);
    else
        ap_log_rerror(APLOG_MARK, level, 0, call.r, "CPPCGI0200: %s: %.*s",
                      call.settings.handler, size, record->message.data);
}

void report(void* pointer, const cppcgi_report* report) noexcept {
    guarded(pointer, 0, [&](Call& call) {
        call.exception = std::make_unique<detail::KeptReport>(*report);
        return 0;
    });
}

}  // namespace

constexpr cppcgi_gateway gateway = {sizeof(cppcgi_gateway),
                                    CPPCGI_ABI,
                                    variable,
                                    each_variable,
                                    header,
                                    each_header,
                                    parameter,
                                    each_parameter,
                                    each_argument,
                                    limits,
                                    read,
                                    head,
                                    write,
                                    send_file,
                                    aborted,
                                    log,
                                    describe_file,
                                    error_header,
                                    redirect,
                                    report};

}  // namespace cppcgi::httpd
