// What the configuration says about running a classic script, as exec, pump and caretaker
// need it. Plain data, made for one request.
#ifndef CPPCGI_MODULE_SCRIPT_SETTINGS_H
#define CPPCGI_MODULE_SCRIPT_SETTINGS_H

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cppcgi::module {

struct ScriptSettings {
    std::chrono::milliseconds timeout;         // CppCGITimeout: longest silence
    std::chrono::milliseconds client_timeout;  // Timeout: of the client's own silence
    bool abort = true;                         // CppCGIAbort
    bool arguments = true;                     // CppCGIArguments
    std::uint64_t max_body = 0;           // CppCGIMaxBody where written; 0: no bound
    std::size_t max_memory = 256u << 10;  // CppCGIMaxMemory, of a spooled body
    const char* spool_dir = "";           // CppCGISpoolDir
    std::size_t keep_body = 0;            // ScriptLogBuffer, with a ScriptLog
    std::size_t keep_errors = 0;          // bytes of stderr for the ScriptLog
};

}  // namespace cppcgi::module

#endif
