// Which handler or script would serve a URL and why, with each setting and where it was
// written: found by a subrequest's look-up, in which nothing runs. For the status page's
// ?explain= and `cppcgi limits`. Plain values of one request.
#ifndef CPPCGI_MODULE_EXPLANATION_H
#define CPPCGI_MODULE_EXPLANATION_H

#include <httpd.h>

#include <string>
#include <vector>

namespace cppcgi::module {

struct SettingView {
    std::string directive;
    std::string value;
    std::string origin;  // "FILE:LINE", "default", or what else decided
};

struct Explanation {
    std::string url;
    int status = HTTP_OK;  // other: it is refused before a handler is asked
    std::string kind;      // "handler", "script", "other" or "refused"
    std::string served_by;
    std::string why;
    std::string file;  // a script's file, or a handler library's
    std::string script_name;
    std::string path_info;
    std::string fault;  // "CPPCGI0355: ..." when it would not work
    bool exec_cgi = false;
    std::vector<SettingView> settings;
};

// `url` is a path of this server, with or without a query.
Explanation explain(request_rec* r, const char* url);

std::string explanation_html(const Explanation& explanation);
// Empty when the module was built without nlohmann-json.
std::string explanation_json(const Explanation& explanation);
std::string explanation_text(const Explanation& explanation);

}  // namespace cppcgi::module

#endif
