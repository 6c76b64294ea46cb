#include "t/httpd/client.h"

#include <strings.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace cppcgi_test {
namespace {

bool same_name(std::string_view one, std::string_view other) {
    return one.size() == other.size() &&
           strncasecmp(one.data(), other.data(), one.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && std::strchr(" \t\r\n", text.front()) != nullptr)
        text.remove_prefix(1);
    while (!text.empty() && std::strchr(" \t\r\n", text.back()) != nullptr)
        text.remove_suffix(1);
    return text;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* argument) {
    static_cast<Reply*>(argument)->body.append(data, size);
    return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* argument) {
    Reply& reply = *static_cast<Reply*>(argument);
    const std::string_view line(data, size);
    if (line.starts_with("HTTP/")) reply.headers.clear();  // of a 100 before
    const std::size_t colon = line.find(':');
    if (colon != line.npos && !line.starts_with("HTTP/")) {
        reply.headers.emplace_back(line.substr(0, colon),
                                   trimmed(line.substr(colon + 1)));
    }
    return size;
}

// What is left of a part while curl reads it.
struct Source {
    std::string_view data;
    std::uint64_t filler;
    const Part& part;
};

std::size_t give_part(char* buffer, std::size_t, std::size_t size, void* argument) {
    Source& source = *static_cast<Source*>(argument);
    const std::size_t data = std::min(size, source.data.size());
    if (data != 0) std::memcpy(buffer, source.data.data(), data);
    source.data.remove_prefix(data);
    const auto filler =
        static_cast<std::size_t>(std::min<std::uint64_t>(size - data, source.filler));
    std::memset(buffer + data, 'x', filler);
    source.filler -= filler;
    return data + filler;
}

// Only to the start: a kept connection was closed by the server, and curl asks again.
int rewind_part(void* argument, curl_off_t offset, int origin) {
    if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    Source& source = *static_cast<Source*>(argument);
    source.data = source.part.data;
    source.filler = source.part.filler;
    return CURL_SEEKFUNC_OK;
}

using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
using Mime = std::unique_ptr<curl_mime, decltype(&curl_mime_free)>;

List header_list(const Question& question) {
    curl_slist* list = nullptr;
    for (const std::string& header : question.headers)
        list = curl_slist_append(list, header.c_str());
    if (question.chunked) list = curl_slist_append(list, "Transfer-Encoding: chunked");
    return List(list, curl_slist_free_all);
}

// `sources` outlives the request and does not move.
Mime mime(CURL* curl, const Question& question, std::vector<Source>& sources) {
    Mime result(question.parts.empty() ? nullptr : curl_mime_init(curl),
                curl_mime_free);
    sources.reserve(question.parts.size());
    for (const Part& part : question.parts) {
        curl_mimepart* made = curl_mime_addpart(result.get());
        sources.push_back({part.data, part.filler, part});
        curl_mime_name(made, part.name.c_str());
        if (part.filename) curl_mime_filename(made, part.filename->c_str());
        if (part.type) curl_mime_type(made, part.type->c_str());
        curl_mime_data_cb(made, static_cast<curl_off_t>(part.data.size() + part.filler),
                          give_part, rewind_part, nullptr, &sources.back());
    }
    return result;
}

}  // namespace

std::optional<std::string> Reply::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (same_name(key, name)) return value;
    return std::nullopt;
}

std::vector<std::string> Reply::all(std::string_view name) const {
    std::vector<std::string> result;
    for (const auto& [key, value] : headers)
        if (same_name(key, name)) result.push_back(value);
    return result;
}

Client::Client(std::string base)
    : base_(std::move(base)), curl_(curl_easy_init(), curl_easy_cleanup) {
    if (curl_ == nullptr) throw std::runtime_error("curl_easy_init");
}

Reply Client::send(const Question& question) {
    CURL* curl = curl_.get();
    curl_easy_reset(curl);
    Reply reply;
    char error[CURL_ERROR_SIZE] = "";
    const List headers = header_list(question);
    std::vector<Source> sources;
    const Mime form = mime(curl, question, sources);
    curl_easy_setopt(curl, CURLOPT_URL, (base_ + question.path).c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, question.timeout_ms);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, question.version);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply);
    if (question.body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(question.body->size()));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question.body->data());
    }
    if (form) curl_easy_setopt(curl, CURLOPT_MIMEPOST, form.get());
    if (question.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question.method.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    reply.code = curl_easy_perform(curl);
    reply.error = error;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
    return reply;
}

Reply Client::get(const std::string& path, const Headers& headers) {
    return send({.path = path, .headers = headers});
}

Reply Client::head(const std::string& path, const Headers& headers) {
    return send({.path = path, .method = "HEAD", .headers = headers});
}

Reply Client::post(const std::string& path, const std::string& body,
                   const Headers& headers) {
    return send({.path = path, .method = "POST", .headers = headers, .body = body});
}

Reply Client::upload(const std::string& path, const std::vector<Part>& parts,
                     const Headers& headers) {
    return send({.path = path, .method = "POST", .headers = headers, .parts = parts});
}

}  // namespace cppcgi_test
