// What the doctor finds out about a script or a handler library. Plain values.
#ifndef CPPCGI_HOST_DIAGNOSIS_H
#define CPPCGI_HOST_DIAGNOSIS_H

#include <string>
#include <utility>
#include <vector>

namespace cppcgi::host {

enum class Severity {
    good,     // as it should be
    note,     // worth knowing, or could not be told
    warning,  // works, but will hurt
    fault     // does not work
};

struct Finding {
    Severity severity = Severity::good;
    std::string subject;  // "path", "first line", "card": what was looked at
    std::string number;   // the message in the error log, CPPCGI0355; "" without one
    std::string text;
    std::string command;  // the one that repairs it; "" when none does
};

struct Diagnosis {
    std::string file;
    std::string kind;  // "script", "program" or "library"
    std::vector<Finding> findings;

    void good(std::string subject, std::string text) {
        add({Severity::good, std::move(subject), "", std::move(text), ""});
    }
    void note(std::string subject, std::string text, std::string command = "") {
        add({Severity::note, std::move(subject), "", std::move(text),
             std::move(command)});
    }
    void warn(std::string subject, std::string text, std::string command = "") {
        add({Severity::warning, std::move(subject), "", std::move(text),
             std::move(command)});
    }
    void add(Finding finding) { findings.push_back(std::move(finding)); }

    bool has_fault() const noexcept {
        for (const Finding& finding : findings)
            if (finding.severity == Severity::fault) return true;
        return false;
    }
};

}  // namespace cppcgi::host

#endif
