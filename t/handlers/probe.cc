// Say what they were given: the name they were called by, then the environment, a
// NAME=VALUE a line.
#include <cppcgi.h>

namespace {

void tell(const char* name, cppcgi::Request& req, cppcgi::Response& res) {
    res.content_type("text/plain; charset=utf-8");
    res << "handler=" << name << "\n";
    for (const auto& [key, value] : req.environ()) res << key << "=" << value << "\n";
}

}  // namespace

CPPCGI_HANDLER(probe, req, res) { tell("probe", req, res); }

CPPCGI_HANDLER(other, req, res) { tell("other", req, res); }

// The variables that the query names, each asked for alone; none is what is unset.
CPPCGI_HANDLER(ask, req, res) {
    res.content_type("text/plain; charset=utf-8");
    for (const std::string_view name : req.arguments())
        res << name << "=" << req.environ().get(name).value_or("(unset)") << "\n";
}

// The parameters that the query names.
CPPCGI_HANDLER(params, req, res) {
    res.content_type("text/plain; charset=utf-8");
    for (const std::string_view name : req.arguments())
        res << name << "=" << req.param(name).value_or("(unset)") << "\n";
}

CPPCGI_HANDLER(headers, req, res) {
    res.content_type("text/plain; charset=utf-8");
    for (const std::string_view name : req.arguments())
        res << name << "=" << req.header(name).value_or("(unset)") << "\n";
}

// The bounds that hold for this request.
CPPCGI_HANDLER(limits, req, res) {
    const cppcgi::Limits& limits = req.limits();
    res.content_type("text/plain; charset=utf-8");
    res << "max_body=" << limits.max_body << "\nmax_field=" << limits.max_field
        << "\nmax_file=" << limits.max_file << "\nmax_memory=" << limits.max_memory
        << "\nmax_fields=" << limits.max_fields
        << "\nmax_part_header=" << limits.max_part_header
        << "\nmax_nesting=" << limits.max_nesting << "\nspool_dir=" << limits.spool_dir
        << "\n";
}
