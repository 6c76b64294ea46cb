// Reads a form from its input: decides what kind it is, runs the parser for it, and keeps
// fields in memory or in the spool. Lives while a form is read; one thread.
#ifndef CPPCGI_CORE_FORM_READER_H
#define CPPCGI_CORE_FORM_READER_H

#include <cppcgi/form_input.h>
#include <cppcgi/form_options.h>
#include <cppcgi/limits.h>

#include <memory>

#include "core/form.h"
#include "core/scan.h"

namespace cppcgi::detail {

// The form, with its fault set and the fields read so far when something is wrong.
std::shared_ptr<Form> read_form(const FormInput& input, const Limits& limits,
                                const FormOptions& options,
                                const scan::Kernels& kernels = scan::best());

}  // namespace cppcgi::detail

#endif
