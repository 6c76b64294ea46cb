// A host's own copy of what libcppcgi reports of an exception (cppcgi_report): it is used
// after the handler has returned, without the handler's locks. Plain values, of one call.
#ifndef CPPCGI_CORE_KEPT_REPORT_H
#define CPPCGI_CORE_KEPT_REPORT_H

#include <cppcgi/abi.h>

#include <string>
#include <utility>
#include <vector>

namespace cppcgi::detail {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct KeptReport {
    KeptReport() = default;
    explicit KeptReport(const cppcgi_report& report)
        : enabled(report.enabled != 0),
          display(report.display != 0),
          show_secrets(report.show_secrets != 0),
          context(report.context),
          logdir(report.logdir.data, report.logdir.size),
          exceptions(copy(report.exceptions, report.exception_count)),
          fields(copy(report.fields, report.field_count)) {}

    bool enabled = false;  // by cgitb::enable(); the next four hold then
    bool display = false;
    bool show_secrets = false;
    int context = 5;
    std::string logdir;
    TextPairs exceptions;  // type and text
    TextPairs fields;

private:
    static TextPairs copy(const cppcgi_pair* pairs, std::size_t count) {
        TextPairs copies;
        for (std::size_t i = 0; i < count; ++i)
            copies.emplace_back(std::string(pairs[i].name.data, pairs[i].name.size),
                                std::string(pairs[i].value.data, pairs[i].value.size));
        return copies;
    }
};

}  // namespace cppcgi::detail

#endif
