// One run of a classic script for one request: start, pump, head, body, end. Lives on the
// stack of the content handler; what outlives it goes to the caretaker.
#ifndef CPPCGI_MODULE_SCRIPT_CALL_H
#define CPPCGI_MODULE_SCRIPT_CALL_H

#include "core/script_head.h"
#include "module/caretaker.h"
#include "module/pump.h"
#include "module/script_body.h"
#include "module/script_errors.h"
#include "module/script_output.h"
#include "module/script_process.h"
#include "module/script_response.h"
#include "module/script_settings.h"
#include "module/script_start.h"
#include "module/statistics.h"

#include <httpd.h>

#include <string>

namespace cppcgi::module {

// A script whose name starts so writes the whole response itself.
bool is_nph(const request_rec* r) noexcept;

class ScriptCall : private OutputSink {
public:
    ScriptCall(request_rec* r, const ScriptSettings& settings);

    // Returns what a content handler returns.
    int run();

    Traffic traffic() const noexcept {
        return {body_.received(), output_.sent(), body_.is_spooled()};
    }

private:
    bool take(std::string_view bytes) override;
    bool take_head(std::string_view bytes);
    int start();
    int conclude(Pump::End end, int error);
    int conclude_output();
    int conclude_head_fault();
    int conclude_timeout();
    int fail(int status);
    int finish();
    bool wait_for_exit();
    void leave_to_caretaker();
    void end_script();
    void log_exit();
    void explain_exit();
    bool is_refusal_of_suexec(bool ended) const;

    request_rec* r_;
    const ScriptSettings& settings_;
    Caretaker& caretaker_;
    ScriptBody body_;
    ScriptErrors errors_;
    ScriptOutput output_;
    ScriptProcess process_;
    ScriptCommand command_{};
    ScriptHead head_;
    ScriptResponse response_;
    // As they were before the script's head was put in.
    apr_table_t* headers_before_ = nullptr;
    apr_table_t* err_headers_before_ = nullptr;
    std::string rest_;  // what stood behind a refused head, for the ScriptLog
    bool nph_;
};

}  // namespace cppcgi::module

#endif
